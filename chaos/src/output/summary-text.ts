import type { Summary } from '../load/tally.ts'

/** A summary in a few aligned lines. */
export function summaryText(summary: Summary): string {
  const { latencyMs, successRatio } = summary
  return [
    row('requests', String(summary.requests)),
    row('task success', successRatio === undefined ? 'no data' : percent(successRatio)),
    row('status', counts(summary.statuses)),
    row(
      'latency',
      latencyMs ? `p50 ${ms(latencyMs.p50)}  p95 ${ms(latencyMs.p95)}  p99 ${ms(latencyMs.p99)}` : 'no data',
    ),
    row('cost per task', summary.costPerTaskUsd === undefined ? 'no data' : usd(summary.costPerTaskUsd)),
    row('repairs, fallbacks', `${summary.repairs}, ${summary.fallbacks}`),
    row('instances', counts(summary.instances)),
  ].join('\n')
}

export function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(1)}%`
}

export function ms(value: number): string {
  return value < 1000 ? `${value.toFixed(0)} ms` : `${(value / 1000).toFixed(1)} s`
}

export function usd(value: number): string {
  return `$${value.toFixed(6)}`
}

function row(label: string, value: string): string {
  return `  ${label.padEnd(20)}${value}`
}

function counts(record: Readonly<Record<string, number>>): string {
  const entries = Object.entries(record)
  return entries.length ? entries.map(([name, count]) => `${name}: ${count}`).join('  ') : 'none'
}

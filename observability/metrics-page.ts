import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { createSli } from 'llmops-middleware/sli'

/** The values of each label of each series, by the name that the series has on `/metrics`. */
export type Series = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>

/** What `/metrics` of an agent has, once every fact has been recorded. */
export async function metricsSeries(): Promise<Series> {
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const provider = new MeterProvider({ readers: [exporter] })
  const sli = createSli({ meter: provider.getMeter('agent') })
  sli.recordCost('gpt-4o-mini', { inputTokens: 1200, outputTokens: 80 }, 'contoso')
  sli.taskEnded({ tenant: 'contoso', outcome: 'success', latencyMs: 900, costUsd: 0.01 })
  sli.taskEnded({ tenant: 'contoso', outcome: { failure: 'no_answer', class: 'agent' }, latencyMs: 900, costUsd: 0.01 })
  sli.toolCallEnded('lookup', 'error', 5, 'no_tool_available')
  sli.repairRetried(1)
  sli.repairedFreely('spelling')
  sli.downshifted('contoso')
  sli.budgetBreached('contoso', 'clamp')
  sli.chaosInjected('outage')
  const page = new PrometheusSerializer().serialize((await exporter.collect()).resourceMetrics)
  await provider.shutdown()
  return seriesOf(page)
}

function seriesOf(page: string): Series {
  const found = new Map<string, Map<string, Set<string>>>()
  for (const [, name = '', labels = ''] of page.matchAll(/^(\w+)\{(.*)\} /gm)) {
    const known = found.get(name) ?? new Map<string, Set<string>>()
    for (const [, label = '', value = ''] of labels.matchAll(/(\w+)="([^"]*)"/g)) {
      known.set(label, (known.get(label) ?? new Set()).add(value))
    }
    found.set(name, known)
  }
  return found
}

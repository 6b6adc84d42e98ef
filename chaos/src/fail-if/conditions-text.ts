import { paint } from 'command-line'
import { ms, percent, usd } from '../output/summary-text.ts'
import type { Condition, Judgement } from './condition.ts'
import { METRICS, type Unit } from './metrics.ts'

const WRITE: Readonly<Record<Unit, (value: number) => string>> = { share: percent, time: ms, usd, count: String }

/** A line for each condition, with the observed value. */
export function conditionsText(judged: readonly (readonly [Condition, Judgement])[]): string {
  return judged
    .map(([{ text, metric }, { failed, observed }]) => {
      const seen = observed === undefined ? 'no data' : WRITE[METRICS[metric]!.unit](observed)
      return `  ${failed ? paint('red', '✗') : paint('green', '✓')} fail if ${text.padEnd(24)}${seen}`
    })
    .join('\n')
}

/** For `--help`. */
export function metricsHelp(): string {
  const rows = Object.entries(METRICS).map(([name, { description }]) => `  ${name.padEnd(15)}${description}`)
  return `\nMetrics of --fail-if:\n${rows.join('\n')}`
}

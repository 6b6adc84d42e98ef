import { paint } from 'command-line'
import type { Summary } from '../load/tally.ts'
import { ms, percent, usd } from '../output/summary-text.ts'
import type { Elapsed, Verdict } from './verdict.ts'

/** The verdict as a person reads it: hypotheses first, then times, then the SLIs side by side. */
export function reportText(verdict: Verdict): string {
  const { before, during, after } = verdict.slis
  const columns = [before, during, after]
  return [
    ...verdict.hypotheses.map(
      ({ name, held, observed }) => `  ${held ? paint('green', '✓') : paint('red', '✗')} ${name.padEnd(52)}${observed}`,
    ),
    '',
    `  time to detect      ${elapsedText(verdict.timeToDetect)}`,
    `  time to heal        ${elapsedText(verdict.timeToHeal)}`,
    `  production          ${verdict.instances.before} → ${verdict.instances.after}`,
    '',
    row('', ['before', 'during', 'after']),
    row(
      'requests',
      columns.map((summary) => String(summary.requests)),
    ),
    row(
      'task success',
      columns.map(({ successRatio }) => (successRatio === undefined ? '–' : percent(successRatio))),
    ),
    row(
      'HTTP 5xx',
      columns.map((summary) => String(serverErrors(summary))),
    ),
    row(
      'latency p50',
      columns.map(({ latencyMs }) => (latencyMs ? ms(latencyMs.p50) : '–')),
    ),
    row(
      'latency p95',
      columns.map(({ latencyMs }) => (latencyMs ? ms(latencyMs.p95) : '–')),
    ),
    row(
      'cost per task',
      columns.map(({ costPerTaskUsd }) => (costPerTaskUsd === undefined ? '–' : usd(costPerTaskUsd))),
    ),
    row(
      'repairs',
      columns.map((summary) => String(summary.repairs)),
    ),
    row(
      'fallbacks',
      columns.map((summary) => String(summary.fallbacks)),
    ),
    '',
    verdict.held
      ? paint('green', '  The agent was hurt and healed.')
      : paint('red', '  The agent did not heal as it should.'),
  ].join('\n')
}

export function serverErrors({ statuses }: Summary): number {
  return Object.entries(statuses).reduce((total, [status, count]) => total + (status.startsWith('5') ? count : 0), 0)
}

function elapsedText(elapsed: Elapsed | undefined): string {
  return elapsed ? `${ms(elapsed.ruleMs)} of rule time, ${ms(elapsed.wallMs)} on the wall` : 'never'
}

function row(label: string, values: readonly string[]): string {
  return `  ${label.padEnd(20)}${values.map((value) => value.padStart(12)).join('')}`
}

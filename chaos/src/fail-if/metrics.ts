import type { Summary } from '../load/tally.ts'

/** A share from 0 to 1, milliseconds, US dollars, or how many. */
export type Unit = 'share' | 'time' | 'usd' | 'count'

/** Something that `--fail-if` can compare. */
export type Metric = {
  readonly unit: Unit
  readonly description: string
  /** Undefined where there is no data. */
  readonly of: (measured: Measured) => number | undefined
}

export type Measured = Summary & {
  /** Arrivals that were not sent, since too many requests were waiting. */
  readonly shed: number
}

export const METRICS: Readonly<Record<string, Metric>> = {
  success: { unit: 'share', description: 'tasks that succeeded', of: ({ successRatio }) => successRatio },
  errors: {
    unit: 'share',
    description: 'tasks that did not succeed, for any reason',
    // Not 1 minus the ratio: 1 - 0.9 is not 0.1 to a computer.
    of: ({ requests, succeeded }) => (requests === 0 ? undefined : (requests - succeeded) / requests),
  },
  refusals: { unit: 'share', description: 'requests that got a 4xx', of: (all) => shareOf(all, /^4/) },
  'server-errors': { unit: 'share', description: 'requests that got a 5xx', of: (all) => shareOf(all, /^5/) },
  unreachable: { unit: 'share', description: 'requests that got no response', of: (all) => shareOf(all, UNREACHABLE) },
  p50: { unit: 'time', description: 'half of the requests took at most this long', of: latency('p50') },
  p95: { unit: 'time', description: '95% of the requests took at most this long', of: latency('p95') },
  p99: { unit: 'time', description: '99% of the requests took at most this long', of: latency('p99') },
  cost: {
    unit: 'usd',
    description: 'mean cost of a task',
    of: ({ costPerTaskUsd }) => costPerTaskUsd && toNanoUsd(costPerTaskUsd),
  },
  requests: { unit: 'count', description: 'requests that ended', of: ({ requests }) => requests },
  shed: { unit: 'count', description: 'requests not sent, since 500 were waiting', of: ({ shed }) => shed },
}

const UNREACHABLE = /^unreachable$/

/** A sum of fractions carries their rounding errors: to a billionth of a dollar, in which budgets count. */
const toNanoUsd = (usd: number) => Math.round(usd * 1e9) / 1e9

function shareOf({ requests, statuses }: Measured, status: RegExp): number | undefined {
  if (requests === 0) return undefined
  const counts = Object.entries(statuses).flatMap(([name, count]) => (status.test(name) ? [count] : []))
  return counts.reduce((total, count) => total + count, 0) / requests
}

/** A connection that is refused is quick: times without one response are no times of the agent. */
function latency(quantile: 'p50' | 'p95' | 'p99'): Metric['of'] {
  return (all) => (shareOf(all, UNREACHABLE) === 1 ? undefined : all.latencyMs?.[quantile])
}

import type { Objectives } from '../apps/agent/src/objectives/index.ts'

/**
 * Burn rates of the error budget, each with two windows: the long one shows that the failures matter, the short one that
 * they still continue. From "Alerting on SLOs" in Google's SRE Workbook, for 30 days: 14.4 uses 2% in an hour, 6 uses 5%
 * in six hours, 1 uses 10% in three days.
 */
export const BURNS = [
  { severity: 'page', factor: 14.4, long: '1h', short: '5m' },
  { severity: 'page', factor: 6, long: '6h', short: '30m' },
  { severity: 'ticket', factor: 1, long: '3d', short: '6h' },
] as const

/** Each once, the shortest first. */
export const WINDOWS = ['5m', '30m', '1h', '6h', '3d'] as const
export type Window = (typeof WINDOWS)[number]

/** An objective for the share of good events. */
export type Promised = {
  /** Of the alert. */
  readonly name: string
  /** Of the recorded series. */
  readonly record: string
  /** What went wrong, after a percentage: `of the tasks failed`. */
  readonly complaint: string
  /** Share that may go wrong. */
  readonly mayFail: number
  /** Share that went wrong. */
  readonly errors: (window: Window) => string
  /** How many there were. */
  readonly events: (window: Window) => string
}

/** Of all that `/metrics` has: where two jobs are scraped, each is held to it by itself. */
const rate = (metric: string, window: Window) => `sum by (job) (rate(${metric}[${window}]))`
const increase = (metric: string, window: Window) => `sum by (job) (increase(${metric}[${window}]))`

/** Of the tasks that must not take longer than `latencyMs`. */
const QUICK = 0.95
const FAILED = 'agent_task_failure_total{class!="caller"}'
const SUCCEEDED = 'agent_task_success_total'

export function promisesOf({ taskSuccess, toolSuccess, latencyMs }: Objectives): readonly Promised[] {
  return [
    {
      name: 'AgentTasksFail',
      record: 'job:agent_task_errors',
      complaint: 'of the tasks failed',
      mayFail: share(1 - taskSuccess),
      // Without a success there is no such series, and adding nothing would give nothing.
      errors: (window) =>
        `${rate(FAILED, window)} / (${rate(FAILED, window)} + ${rate(SUCCEEDED, window)} or ${rate(FAILED, window)})`,
      events: (window) =>
        `(${increase(FAILED, window)} + ${increase(SUCCEEDED, window)} or ${increase(FAILED, window)})`,
    },
    {
      name: 'AgentToolsFail',
      record: 'job:agent_tool_errors',
      complaint: 'of the tool calls were not answered',
      mayFail: share(1 - toolSuccess),
      errors: (window) => `1 - ${rate('agent_tool_outcome_sum', window)} / ${rate('agent_tool_outcome_count', window)}`,
      events: (window) => increase('agent_tool_outcome_count', window),
    },
    {
      name: 'AgentTasksSlow',
      record: 'job:agent_task_slow',
      complaint: `of the tasks took longer than ${latencyMs / 1000} s`,
      mayFail: share(1 - QUICK),
      errors: (window) => `1 - ${quick(latencyMs / 1000, window)} / ${rate('agent_task_latency_count', window)}`,
      events: (window) => increase('agent_task_latency_count', window),
    },
  ]
}

/** Boundaries of `agent.task.latency`, in seconds. A test compares them with `/metrics`. */
export const LATENCY_BOUNDARIES = Array.from({ length: 13 }, (_, index) => share(0.1 * 2 ** index))

/** Tasks up to the limit: within its bucket in proportion, as `histogram_quantile` takes them. */
function quick(seconds: number, window: Window): string {
  const upTo = (le: number) => rate(`agent_task_latency_bucket{le="${le}"}`, window)
  const above = LATENCY_BOUNDARIES.find((boundary) => boundary >= seconds)
  // The last bucket has no end.
  if (above === undefined) return upTo(LATENCY_BOUNDARIES.at(-1)!)
  const below = LATENCY_BOUNDARIES.findLast((boundary) => boundary < seconds) ?? 0
  const weight = share((seconds - below) / (above - below))
  if (weight === 1) return upTo(above)
  if (below === 0) return `${weight} * ${upTo(above)}`
  return `(${share(1 - weight)} * ${upTo(below)} + ${weight} * ${upTo(above)})`
}

/** Rounds off the noise of binary fractions. */
export function share(value: number): number {
  return Number(value.toPrecision(12))
}

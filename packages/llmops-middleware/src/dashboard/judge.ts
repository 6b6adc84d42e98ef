import { type ChecksOf, number, share, usd } from '../check.ts'
import type { Figures, History } from '../history/index.ts'
import type { Judged, Level, Objectives } from './contract.ts'

export const OBJECTIVES: ChecksOf<Objectives> = {
  taskSuccess: share,
  toolSuccess: share,
  costPerTaskUsd: usd,
  latencyP95Ms: { ...number(0), accepts: 'milliseconds' },
}

const SHORT_MS = 30_000
const LONG_MS = 300_000
/** Steps are of five seconds: the oldest of them may have begun that much earlier. */
const STEP_MS = 5000
/** Of fewer in so short a time nothing follows. */
const LEAST_IN_SHORT = 10
const NEAR = 0.8

const LEVELS: readonly Level[] = ['unknown', 'good', 'warn', 'bad']

export const OBJECTIVE_NAMES = ['taskSuccess', 'toolSuccess', 'costPerTaskUsd', 'latencyP95Ms'] as const
export type ObjectiveName = (typeof OBJECTIVE_NAMES)[number]

type Measured = { readonly value: number | null; readonly count: number }

const MEASURES: Readonly<Record<ObjectiveName, (figures: Figures) => Measured>> = {
  // A mistake of the caller is not a failure of the agent.
  taskSuccess: ({ counts: { succeeded, failedAgent, failedProvider } }) =>
    ratio(succeeded, failedAgent + failedProvider),
  toolSuccess: ({ counts: { toolOk, toolFallback, toolError, toolErrorByCaller } }) =>
    ratio(toolOk + toolFallback, toolError - toolErrorByCaller),
  costPerTaskUsd: ({ ended, counts }) => ({ value: ended === 0 ? null : counts.taskNanos / 1e9 / ended, count: ended }),
  latencyP95Ms: ({ ended, latency }) => ({ value: latency.percentileMs(0.95), count: ended }),
}

/** By what happened last and by the last five minutes: whichever is worse. */
export function judge(name: ObjectiveName, objectives: Objectives, history: History, nowMs: number): Judged {
  const objective = objectives[name]
  const judgeSince = (forMs: number, least: number) => {
    const { value, count } = MEASURES[name](history.windows.since(nowMs - forMs + STEP_MS, nowMs))
    return { value, count, level: count < least ? 'unknown' : levelOf(name, value, objective) } as const
  }
  const last30s = judgeSince(SHORT_MS, LEAST_IN_SHORT)
  const last5m = judgeSince(LONG_MS, 1)
  return { level: worst([last30s.level, last5m.level]), last30s, last5m, objective: objective ?? null }
}

export function worst(levels: readonly Level[]): Level {
  return LEVELS[Math.max(...levels.map((level) => LEVELS.indexOf(level)))]!
}

function levelOf(name: ObjectiveName, value: number | null, objective: number | undefined): Level {
  if (value === null || objective === undefined) return 'unknown'
  return name === 'taskSuccess' || name === 'toolSuccess'
    ? levelOfShare(value, objective)
    : levelOfCost(value, objective)
}

function levelOfShare(value: number, objective: number): Level {
  if (value < objective) return 'bad'
  // An objective of 1 allows no failure, so what meets it is good.
  return value < 1 && 1 - value > (1 - objective) / 2 ? 'warn' : 'good'
}

function levelOfCost(value: number, objective: number): Level {
  if (value > objective) return 'bad'
  return value > objective * NEAR ? 'warn' : 'good'
}

function ratio(good: number, bad: number): Measured {
  const count = good + bad
  return { value: count === 0 ? null : good / count, count }
}

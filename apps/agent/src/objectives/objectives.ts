/** The objectives of the agent, from `slo.yaml`. */
export type Objectives = {
  /** Share of tasks that succeed. Tasks that failed because of their caller or provider do not count. */
  readonly taskSuccess: number
  /** Share of tool calls that return a result, from the tool or its fallback. */
  readonly toolSuccess: number
  /** Mean cost of a task, in US dollars. */
  readonly costPerTaskUsd: number
  /** 95 of 100 tasks take at most this long, and every caller gets a first byte within this time. */
  readonly latencyMs: number
  /** A release is undone if the share of successful tasks, or of successful tool calls, falls below this. */
  readonly undoBelowSuccess: number
  /** The fewest tasks, or tool calls, whose mean is meaningful. */
  readonly smallestSample: number
}

export type ObjectiveName = keyof Objectives

export type Rule = {
  readonly accepted: string
  readonly isMet: (value: number) => boolean
}

/**
 * The fastest burn-rate alert fires at 14.4 times the allowed failures. With a share below 1 - 1 / 14.4 it could never
 * fire; with a share of 1, a single failure would fire it.
 */
const SUCCESS_OBJECTIVE: Rule = {
  accepted: 'a share from 0.94 on and below 1, with a point, such as 0.99',
  isMet: (value) => value >= 0.94 && value < 1,
}

export const RULES: Readonly<Record<ObjectiveName, Rule>> = {
  taskSuccess: SUCCESS_OBJECTIVE,
  toolSuccess: SUCCESS_OBJECTIVE,
  costPerTaskUsd: {
    accepted: 'an amount of US dollars above 0, up to 1000, with a point, such as 0.05',
    isMet: (value) => value > 0 && value <= 1000,
  },
  latencyMs: { accepted: 'a whole number of milliseconds from 1 to 600000', isMet: isWhole(600_000) },
  undoBelowSuccess: {
    accepted: 'a share above 0 and below 1, with a point, such as 0.8',
    isMet: (value) => value > 0 && value < 1,
  },
  smallestSample: { accepted: 'a whole number from 1 to 100000', isMet: isWhole(100_000) },
}

export const NAMES = Object.keys(RULES) as readonly ObjectiveName[]

function isWhole(most: number) {
  return (value: number) => Number.isInteger(value) && value >= 1 && value <= most
}

/** What the agent is held to, as `slo.yaml` has it. */
export type Objectives = {
  /** Share of the tasks that succeed, of those that did not fail by their caller's doing. */
  readonly taskSuccess: number
  /** Share of the tool calls that are answered, by the tool or its fallback. */
  readonly toolSuccess: number
  /** Mean cost of a task. */
  readonly costPerTaskUsd: number
  /** What 95 of 100 tasks may take, and how long nobody is kept waiting for a first sign. */
  readonly latencyMs: number
  /** Below this share of tasks, or of tool calls, a release is undone. */
  readonly undoBelowSuccess: number
  /** Least tasks, or tool calls, of which a mean says something. */
  readonly smallestSample: number
}

export type ObjectiveName = keyof Objectives

export type Rule = {
  readonly accepted: string
  readonly isMet: (value: number) => boolean
}

/**
 * An alert at 14.4 times the failures that are allowed could never fire where more than 1 / 14.4 of all are, and where
 * none is, the first one would call a person.
 */
const PROMISED: Rule = {
  accepted: 'a share from 0.94 on and below 1, with a point, such as 0.99',
  isMet: (value) => value >= 0.94 && value < 1,
}

export const RULES: Readonly<Record<ObjectiveName, Rule>> = {
  taskSuccess: PROMISED,
  toolSuccess: PROMISED,
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

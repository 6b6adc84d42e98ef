import type { SettingProblem } from '../settings/invalid-settings-error.ts'

/** `slo.yaml` is invalid; the message has a sentence for each problem, with the path. */
export class InvalidObjectivesError extends Error {
  override readonly name = 'InvalidObjectivesError'
  readonly code = 'invalid_objectives'
  readonly problems: readonly SettingProblem[]

  constructor(problems: readonly SettingProblem[]) {
    super(
      problems.map(({ variable, value, accepted }) => `${variable} is ${value}; accepted is ${accepted}.`).join('\n'),
    )
    this.problems = problems
  }
}

/** An environment variable that is invalid. */
export type SettingProblem = {
  readonly variable: string
  /** The value for the message: secrets are described, never printed. */
  readonly value: string
  readonly accepted: string
  /** Whether the problem may be gone at the next start without a change. */
  readonly mayPass?: boolean
}

/** The environment is invalid. The message names every problem, so that one restart is enough. */
export class InvalidSettingsError extends Error {
  override readonly name = 'InvalidSettingsError'
  readonly code = 'invalid_settings'
  readonly problems: readonly SettingProblem[]

  constructor(problems: readonly SettingProblem[]) {
    const lines = problems.map(({ variable, value, accepted }) => `  ${variable} is ${value}; accepted is ${accepted}.`)
    super([`The agent cannot start: ${problems.length} setting(s) cannot be used.`, ...lines].join('\n'))
    this.problems = problems
  }

  /** Whether all problems may be gone at the next start. */
  get mayPass(): boolean {
    return this.problems.every(({ mayPass }) => mayPass === true)
  }
}

/** What a person should know before anything is provisioned: one sentence, with the command that helps. */
export type Finding = {
  /** Whether Azure would refuse it, or do something else than was meant. */
  readonly stops: boolean
  readonly text: string
}

export const stop = (text: string): Finding => ({ stops: true, text })
export const note = (text: string): Finding => ({ stops: false, text })

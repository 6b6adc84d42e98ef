import { LlmOpsError } from '../errors.ts'

export type UnknownOutcome = {
  /** The key that the function was given, to ask its service whether it happened. */
  readonly idempotencyKey: string | undefined
  /** What each function that was asked said, in order; the last is why the outcome is unknown. */
  readonly causes: readonly { readonly tool: string; readonly error: unknown }[]
}

/**
 * A tool with an effect in the world was started, and nobody knows whether it had it. No other function takes its place:
 * look before you try again.
 */
export class UnknownOutcomeError extends LlmOpsError {
  static override readonly name = 'UnknownOutcomeError'
  static readonly code = 'unknown_outcome'
  readonly code = UnknownOutcomeError.code
  readonly tool: string
  readonly idempotencyKey: UnknownOutcome['idempotencyKey']
  readonly causes: UnknownOutcome['causes']

  constructor(tool: string, { idempotencyKey, causes }: UnknownOutcome) {
    super(`${tool} was started, and whether it took effect is not known. No other function was asked.`, {
      cause: causes.at(-1)?.error,
    })
    this.tool = tool
    this.idempotencyKey = idempotencyKey
    this.causes = causes
  }
}

import { LlmOpsError } from '../errors.ts'

/**
 * A tool with an effect in the world was started, and nobody knows whether it had it. It is not repeated and nothing
 * takes its place: look before you try again.
 */
export class UnknownOutcomeError extends LlmOpsError {
  static override readonly name = 'UnknownOutcomeError'
  static readonly code = 'unknown_outcome'
  readonly code = UnknownOutcomeError.code
  readonly tool: string
  /** The key that the function was given, to ask its service whether it happened. */
  readonly idempotencyKey: string | undefined

  constructor(tool: string, idempotencyKey: string | undefined, cause: unknown) {
    super(`${tool} was started, and whether it took effect is not known. It was not repeated.`, { cause })
    this.tool = tool
    this.idempotencyKey = idempotencyKey
  }
}

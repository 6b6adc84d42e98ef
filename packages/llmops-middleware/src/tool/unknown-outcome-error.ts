import { LlmOpsError } from '../errors.ts'

export type UnknownOutcome = {
  /** The key that the function was given, to ask its service whether it happened. */
  readonly idempotencyKey: string | undefined
  /** What each function that was asked said, in order; the last is why the outcome is unknown. */
  readonly causes: readonly { readonly tool: string; readonly error: unknown }[]
  /** What is known of its result, where it answered and the answer cannot be passed on. */
  readonly result?: unknown
}

/**
 * A tool with an effect in the world was started, and nobody knows whether it had it. No other function takes its place:
 * look before you try again.
 */
export class UnknownOutcomeError extends LlmOpsError {
  static override readonly name = 'UnknownOutcomeError'
  static readonly code = 'unknown_outcome'
  readonly code = UnknownOutcomeError.code
  /** The name of the tool. */
  readonly tool: string
  /** The key by which its service knows the call. */
  readonly idempotencyKey: UnknownOutcome['idempotencyKey']
  /** What each function that was started threw. */
  readonly causes: UnknownOutcome['causes']
  /** What is known of its answer. */
  readonly result: unknown

  constructor(tool: string, { idempotencyKey, causes, result }: UnknownOutcome) {
    const cause = causes.at(-1)?.error
    super(
      messageWith(tool, result === undefined ? '' : ` It answered, and its answer cannot be used: ${said(cause)}`),
      {
        cause,
      },
    )
    this.tool = tool
    this.idempotencyKey = idempotencyKey
    this.causes = causes
    this.result = result
  }

  override get publicMessage(): string {
    return messageWith(this.tool, '')
  }
}

function messageWith(tool: string, answered: string): string {
  return `${tool} was started, and whether it took effect is not known.${answered} No other function was asked.`
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

import { LlmOpsError } from '../errors.ts'

export type UnknownOutcome = {
  /** The key that the function got. Ask its service with it whether the effect happened. */
  readonly idempotencyKey: string | undefined
  /** What each function threw, in order. The last is why the outcome is unknown. */
  readonly causes: readonly { readonly tool: string; readonly error: unknown }[]
  /** What is known of its result, if it answered but the result cannot be used. */
  readonly result?: unknown
}

/**
 * A tool with an effect was started, and whether the effect happened is not known. No fallback is called. Check whether
 * it happened before you retry.
 */
export class UnknownOutcomeError extends LlmOpsError {
  static override readonly name = 'UnknownOutcomeError'
  static readonly code = 'unknown_outcome'
  readonly code = UnknownOutcomeError.code
  /** The name of the tool. */
  readonly tool: string
  /** The key by which its service recognises the call. */
  readonly idempotencyKey: UnknownOutcome['idempotencyKey']
  /** What each function that was started threw, in order. */
  readonly causes: UnknownOutcome['causes']
  /** What is known of its result. */
  readonly result: unknown

  constructor(tool: string, { idempotencyKey, causes, result }: UnknownOutcome) {
    const cause = causes.at(-1)?.error
    super(
      messageWith(tool, result === undefined ? '' : ` It answered, but its result cannot be used: ${said(cause)}`),
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
  return `${tool} was started, and whether it took effect is not known.${answered} No other function was called.`
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

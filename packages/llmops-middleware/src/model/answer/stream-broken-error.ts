import { LlmOpsError } from '../../errors.ts'

/**
 * Thrown when a stream ends before its answer is complete: cut, stalled or malformed. What arrived is not an answer. SDKs
 * pass this error to their caller unchanged.
 */
export class StreamBrokenError extends LlmOpsError {
  static override readonly name = 'StreamBrokenError'
  static readonly code = 'stream_broken'
  readonly code = StreamBrokenError.code
  /** The model that was asked. */
  readonly model: string
  /** About how many tokens arrived before it broke. */
  readonly deliveredTokens: number

  constructor(model: string, deliveredTokens: number, options?: { cause?: unknown }) {
    super(
      `The stream of model '${model}' broke after about ${deliveredTokens} tokens, before its answer was complete.`,
      options,
    )
    this.model = model
    this.deliveredTokens = deliveredTokens
  }
}

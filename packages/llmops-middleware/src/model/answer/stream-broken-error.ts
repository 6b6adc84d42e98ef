import { LlmOpsError } from '../../errors.ts'

/**
 * A stream ended before its answer was whole: cut, stalled or malformed. What arrived is not an answer. The SDK hands
 * this to its caller unchanged.
 */
export class StreamBrokenError extends LlmOpsError {
  static override readonly name = 'StreamBrokenError'
  static readonly code = 'stream_broken'
  readonly code = StreamBrokenError.code
  /** The model that was asked. */
  readonly model: string
  /** About so many tokens arrived before it broke. */
  readonly deliveredTokens: number

  constructor(model: string, deliveredTokens: number, options?: { cause?: unknown }) {
    super(
      `The stream of model '${model}' broke after about ${deliveredTokens} tokens, before its answer was whole.`,
      options,
    )
    this.model = model
    this.deliveredTokens = deliveredTokens
  }
}

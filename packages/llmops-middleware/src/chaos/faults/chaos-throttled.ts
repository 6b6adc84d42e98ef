import { LlmOpsError } from '../../errors.ts'

/** An injected rate limit: the target was not called, and did nothing. */
export class ChaosThrottled extends LlmOpsError {
  static override readonly name = 'ChaosThrottled'
  static readonly code = 'chaos_throttled'
  readonly code = ChaosThrottled.code
  /** Makes a fallback chain call its next function. */
  readonly isUnavailable = true
  /** The tool, or `model`. */
  readonly target: string
  /** How long the caller is asked to wait, in milliseconds. */
  readonly retryAfterMs: number

  constructor(target: string, retryAfterMs: number) {
    super(`${target} is throttled: too many requests were simulated. Retry after ${retryAfterMs} ms.`)
    this.target = target
    this.retryAfterMs = retryAfterMs
  }
}

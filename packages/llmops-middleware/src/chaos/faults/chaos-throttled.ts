import { LlmOpsError } from '../../errors.ts'

/** An injected throttling: what was called takes no more requests for now, and did nothing. */
export class ChaosThrottled extends LlmOpsError {
  static override readonly name = 'ChaosThrottled'
  static readonly code = 'chaos_throttled'
  readonly code = ChaosThrottled.code
  /** As in ChaosOutage: a fallback chain goes on to its next link. */
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

import { LlmOpsError } from '../../errors.ts'

/** An injected outage: what was called did not answer, and did nothing. */
export class ChaosOutage extends LlmOpsError {
  static override readonly name = 'ChaosOutage'
  static readonly code = 'chaos_outage'
  readonly code = ChaosOutage.code
  /** What marks every error that means "it cannot be reached": a fallback chain goes on to its next link. */
  readonly isUnavailable = true
  /** The tool, or `model`. */
  readonly target: string

  constructor(target: string) {
    super(`${target} is unavailable: an outage was injected. It ends by itself, or with chaos.clear().`)
    this.target = target
  }
}

import { LlmOpsError } from '../../errors.ts'

/** An injected outage: the target was not called, and did nothing. */
export class ChaosOutage extends LlmOpsError {
  static override readonly name = 'ChaosOutage'
  static readonly code = 'chaos_outage'
  readonly code = ChaosOutage.code
  /** Makes a fallback chain call its next function. */
  readonly isUnavailable = true
  /** The tool, or `model`. */
  readonly target: string

  constructor(target: string) {
    super(
      `${target} is unavailable: an outage was injected. It ends when its ttlMs have passed, or with chaos.clear().`,
    )
    this.target = target
  }
}

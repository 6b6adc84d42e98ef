import { LlmOpsError } from '../../errors.ts'

/** An injected malformed answer: the target did answer, and its answer was corrupted. */
export class ChaosMalformed extends LlmOpsError {
  static override readonly name = 'ChaosMalformed'
  static readonly code = 'chaos_malformed'
  readonly code = ChaosMalformed.code
  /** The tool, or `model`. */
  readonly target: string

  constructor(target: string) {
    super(`The answer of ${target} was corrupted on purpose: a malformed answer was injected.`)
    this.target = target
  }
}

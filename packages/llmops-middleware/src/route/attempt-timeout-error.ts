import { LlmOpsError } from '../errors.ts'

/** A target was silent for too long, at the start, between two events, or in all. */
export class AttemptTimeoutError extends LlmOpsError {
  static override readonly name = 'AttemptTimeoutError'
  static readonly code = 'attempt_timeout'
  readonly code = AttemptTimeoutError.code
  readonly target: string
  readonly limit: 'answer' | 'first_token' | 'idle' | 'total'
  readonly timeoutMs: number

  constructor(target: string, limit: AttemptTimeoutError['limit'], timeoutMs: number) {
    super(`Target '${target}' was silent past its limit (${limit}: ${timeoutMs} ms).`)
    this.target = target
    this.limit = limit
    this.timeoutMs = timeoutMs
  }
}

import { LlmOpsError } from '../errors.ts'

const PASSED = {
  answer: 'did not answer within',
  first_token: 'did not begin its stream within',
  idle: 'sent nothing of its stream for',
  total: 'did not end its stream within',
}

/** A target passed one of its time limits: for its answer, for the start of a stream, between two pieces of it, or for all. */
export class AttemptTimeoutError extends LlmOpsError {
  static override readonly name = 'AttemptTimeoutError'
  static readonly code = 'attempt_timeout'
  readonly code = AttemptTimeoutError.code
  readonly target: string
  readonly limit: keyof typeof PASSED
  readonly timeoutMs: number

  constructor(target: string, limit: AttemptTimeoutError['limit'], timeoutMs: number) {
    super(`Target '${target}' ${PASSED[limit]} ${timeoutMs} ms.`)
    this.target = target
    this.limit = limit
    this.timeoutMs = timeoutMs
  }
}

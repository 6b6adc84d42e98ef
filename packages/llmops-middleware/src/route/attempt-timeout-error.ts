import { LlmOpsError } from '../errors.ts'

const PASSED = {
  answer: 'did not answer within',
  first_token: 'did not begin its stream within',
  idle: 'sent nothing of its stream for',
  total: 'did not end its stream within',
}

const OPTION = {
  answer: 'timeoutMs',
  first_token: 'stream.firstTokenMs',
  idle: 'stream.idleMs',
  total: 'stream.totalMs',
}

/** A target passed one of its time limits: for its answer, for the start of a stream, between two pieces of it, or for all. */
export class AttemptTimeoutError extends LlmOpsError {
  static override readonly name = 'AttemptTimeoutError'
  static readonly code = 'attempt_timeout'
  readonly code = AttemptTimeoutError.code
  /** The name of the target. */
  readonly target: string
  /** The limit that was passed: for the answer, its first token, the time between two pieces, or all of it. */
  readonly limit: keyof typeof PASSED
  /** That limit, in milliseconds. */
  readonly timeoutMs: number

  constructor(target: string, limit: AttemptTimeoutError['limit'], timeoutMs: number) {
    super(`Target '${target}' ${PASSED[limit]} ${timeoutMs} ms (\`route.${OPTION[limit]}\`).`)
    this.target = target
    this.limit = limit
    this.timeoutMs = timeoutMs
  }
}

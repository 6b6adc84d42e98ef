/** The process runs as many tasks as it may. Retry after a while. */
export class OverloadedError extends Error {
  override readonly name = 'OverloadedError'
  readonly code = 'overloaded'
  readonly retryAfterSeconds: number

  constructor(running: number, retryAfterSeconds: number) {
    super(`This instance already runs ${running} tasks. Try again in ${retryAfterSeconds} s.`)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

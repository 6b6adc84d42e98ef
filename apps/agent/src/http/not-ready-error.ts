/** The readiness task ended without an answer; `code` is the agent's own reason. */
export class NotReadyError extends Error {
  override readonly name = 'NotReadyError'
  readonly code: string

  constructor(reason: string) {
    super(`The readiness task failed: ${reason}.`)
    this.code = reason
  }
}

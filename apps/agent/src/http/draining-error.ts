/** The process is stopping and refuses new tasks. Another instance takes over. */
export class DrainingError extends Error {
  override readonly name = 'DrainingError'
  readonly code = 'draining'
  /** For a readiness check: a stopping process says nothing about the release. */
  readonly isUnknown = true

  constructor() {
    super('This instance is stopping. Try again: another one takes over.')
  }
}

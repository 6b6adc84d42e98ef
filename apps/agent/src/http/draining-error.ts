/** The process is stopping and takes no new tasks; another instance will. */
export class DrainingError extends Error {
  override readonly name = 'DrainingError'
  readonly code = 'draining'
  /** Of a readiness check: it says nothing about the release. */
  readonly isUnknown = true

  constructor() {
    super('This instance is stopping. Try again: another one takes over.')
  }
}

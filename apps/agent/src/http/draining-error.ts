/** The process is stopping and takes no new tasks; another instance will. */
export class DrainingError extends Error {
  override readonly name = 'DrainingError'
  readonly code = 'draining'

  constructor() {
    super('This instance is stopping. Try again: another one takes over.')
  }
}

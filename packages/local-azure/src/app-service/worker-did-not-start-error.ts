/** A process that exited, or did not respond in time, before it handled its first request. */
export class WorkerDidNotStartError extends Error {
  override readonly name = 'WorkerDidNotStartError'
  readonly code = 'worker_did_not_start'
  /** The last lines that it printed. */
  readonly lastLines: readonly string[]

  constructor(entry: string, ended: string, lastLines: readonly string[]) {
    const said = lastLines.length === 0 ? 'It printed nothing.' : `Its last lines:\n${lastLines.join('\n')}`
    super(`${entry} did not start (${ended}). ${said}`)
    this.lastLines = lastLines
  }
}

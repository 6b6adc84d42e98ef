/** A snapshot that cannot be read or provisioned; `place` is the position in the file. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError'
  readonly code = 'snapshot_invalid'
  readonly place: string

  constructor(message: string, place: string, options?: ErrorOptions) {
    super(`${place}: ${message}`, options)
    this.place = place
  }
}

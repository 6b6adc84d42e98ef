/** What was asked for cannot be done, and nothing was changed: one sentence says why, and what to do. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  readonly code = 'refused'
}

/** Nobody who pays could be told from the request. */
export class NotAuthenticatedError extends Error {
  override readonly name = 'NotAuthenticatedError'
  readonly code = 'not_authenticated'
}

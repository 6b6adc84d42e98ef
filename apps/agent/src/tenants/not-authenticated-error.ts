/** The request does not prove which tenant pays for it. */
export class NotAuthenticatedError extends Error {
  override readonly name = 'NotAuthenticatedError'
  readonly code = 'not_authenticated'
}

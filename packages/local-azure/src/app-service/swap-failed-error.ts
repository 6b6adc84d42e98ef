/** A swap that was aborted before routing changed: production still runs the same release. */
export class SwapFailedError extends Error {
  override readonly name = 'SwapFailedError'
  readonly code = 'swap_failed'

  constructor(reason: string, options?: ErrorOptions) {
    super(`The swap was aborted: ${reason}.`, options)
  }
}

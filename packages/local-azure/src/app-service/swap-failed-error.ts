/** A swap that was given up before routing changed: production still runs what it ran. */
export class SwapFailedError extends Error {
  override readonly name = 'SwapFailedError'
  readonly code = 'swap_failed'

  constructor(reason: string, options?: ErrorOptions) {
    super(`The swap was given up: ${reason}.`, options)
  }
}

/** A swap that was given up before routing changed: production still runs what it ran. */
export class SwapFailed extends Error {
  override readonly name = 'SwapFailed'
  readonly code = 'swap_failed'

  constructor(reason: string, options?: ErrorOptions) {
    super(`The swap was given up: ${reason}.`, options)
  }
}

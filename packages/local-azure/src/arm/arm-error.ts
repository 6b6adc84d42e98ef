/** A request that Azure Resource Manager refuses; `code` is Azure's. */
export class ArmError extends Error {
  override readonly name = 'ArmError'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export function resourceNotFound(path: string): ArmError {
  return new ArmError(404, 'ResourceNotFound', `The Resource '${path}' was not found.`)
}

/** A part of the request is invalid; `field` is its path in the body. */
export class InvalidRequestError extends Error {
  override readonly name = 'InvalidRequestError'
  readonly code = 'invalid_request'
  readonly field: string

  constructor(field: string, problem: string) {
    super(`\`${field}\` ${problem}.`)
    this.field = field
  }
}

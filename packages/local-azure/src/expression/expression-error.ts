/** An expression that cannot be read, or that names what this platform does not know. Never a reason to skip it. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
  readonly code = 'expression_not_supported'
  /** The expression as it was written. */
  readonly expression: string

  constructor(message: string, expression: string, options?: ErrorOptions) {
    super(`${message} in the expression ${expression}`, options)
    this.expression = expression
  }
}

/** An expression that cannot be parsed, or that names an unknown function. It is never skipped silently. */
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

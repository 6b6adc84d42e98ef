/** A fault that cannot be injected. Nothing was changed. */
export class InvalidFaultError extends Error {
  override readonly name = 'InvalidFaultError'
  readonly code = 'invalid_fault'
}

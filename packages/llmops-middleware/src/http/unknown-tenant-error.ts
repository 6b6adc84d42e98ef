import { HTTP_STATUS } from '../error-codes.ts'
import { LlmOpsError } from '../errors.ts'

/** The request names no tenant to pay for it, and there is no default tenant. */
export class UnknownTenantError extends LlmOpsError {
  static override readonly name = 'UnknownTenantError'
  static readonly code = 'unknown_tenant'
  readonly code = UnknownTenantError.code
  /** For an application without `problemHandler`: Express and Fastify answer an error with its own status. */
  readonly statusCode = HTTP_STATUS.unknown_tenant

  constructor(cause: unknown) {
    super('This request has no tenant to pay for it: it names none that this service accepts.', { cause })
  }
}

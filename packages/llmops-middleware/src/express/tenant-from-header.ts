import type { Request } from 'express'
import { checkValue, required, where } from '../check.ts'

const HEADER_NAME = required(
  where(
    'the name of a header, such as x-tenant',
    (value) => typeof value === 'string' && /^[A-Za-z0-9-]+$/.test(value),
  ),
)

/**
 * Takes the tenant from a header. A client can write any header: use it only behind a gateway that sets this one
 * itself and drops the one that a client sent.
 *
 * @param name the name of the header
 * @example taskMiddleware({ ops, tenant: tenantFromHeader('x-tenant') })
 */
export function tenantFromHeader(name: string): (request: Request) => string | undefined {
  checkValue(name, HEADER_NAME, 'name')
  return (request) => request.get(name)
}

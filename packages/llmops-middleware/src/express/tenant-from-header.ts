import type { Request } from 'express'
import { InvalidOptionError } from '../errors.ts'

const HEADER_NAME = /^[A-Za-z0-9-]+$/

/**
 * Takes the tenant from a header. A client can write any header: use it only behind a gateway that sets this one
 * itself and drops what comes from outside.
 *
 * @example taskMiddleware({ ops, tenant: tenantFromHeader('x-tenant') })
 */
export function tenantFromHeader(name: string): (request: Request) => string | undefined {
  if (!HEADER_NAME.test(name)) throw new InvalidOptionError('name', name, 'the name of a header, such as x-tenant')
  return (request) => request.get(name)
}

import type { IncomingMessage } from 'node:http'
import { InvalidRequestError } from '../http/invalid-request-error.ts'
import type { Settings } from '../settings/settings.ts'
import { NotAuthenticatedError } from './not-authenticated-error.ts'
import { tenantOfKey } from './tenant-keys.ts'

/** Pays for readiness checks. No caller may claim this tenant, as it could then spend the budget of the checks. */
export const HEALTH_TENANT = 'health'
/** Pays for the synthetic tasks of production. No caller may claim this tenant either. */
export const SYNTHETIC_TENANT = 'synthetic'
export const RESERVED_TENANTS: readonly string[] = [HEALTH_TENANT, SYNTHETIC_TENANT]
const DEFAULT_TENANT = 'local'
const SEND_KEY = 'Send `Authorization: Bearer <key>` with the key of a tenant.'
const NO_TENANTS = 'This agent has no tenants yet: set TENANT_KEYS or TRUST_APP_SERVICE_AUTH.'

export type WhoPays = (request: Pick<IncomingMessage, 'headers'>, claimed: string | undefined) => string

/**
 * Returns a function that decides which tenant pays for a request: the tenant of its key, else the principal that App
 * Service authenticated. A tenant that the caller claims counts only with a local model, where nothing costs money.
 */
export function whoPays({ tenants, model }: Settings): WhoPays {
  const canBeKnown = tenants.keyHashes.size > 0 || tenants.trustAppServiceAuth
  const takesClaims = model.endpoint.kind !== 'azure' && !canBeKnown
  return ({ headers }, claimed) => {
    if (takesClaims) return notReserved(claimed ?? DEFAULT_TENANT)
    if (claimed !== undefined) {
      throw new InvalidRequestError('tenant', 'is not accepted here: the key of the request decides which tenant pays')
    }
    const key = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1]
    const tenant = (key && tenantOfKey(key, tenants.keyHashes)) || (tenants.trustAppServiceAuth && principal(headers))
    if (!tenant) throw new NotAuthenticatedError(canBeKnown ? SEND_KEY : NO_TENANTS)
    return tenant
  }
}

/** App Service sets this header, and removes it from requests from outside. Without App Service it proves nothing. */
function principal(headers: IncomingMessage['headers']): string | undefined {
  const id = headers['x-ms-client-principal-id']
  return typeof id === 'string' && /^[\w.@-]{1,128}$/.test(id) ? `principal:${id}` : undefined
}

function notReserved(tenant: string): string {
  if (RESERVED_TENANTS.includes(tenant))
    throw new InvalidRequestError('tenant', `cannot be '${tenant}': it is reserved`)
  return tenant
}

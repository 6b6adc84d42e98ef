import type { IncomingMessage } from 'node:http'
import type { RegisterSettings } from './settings.ts'

/** Longer than any name that a budget accepts. */
const LONGEST_NAME = 256

/** Who pays for the model calls of a request. */
export type TenantOf = (request: IncomingMessage) => string | undefined

/**
 * Neither a header nor a claim is verified here: a proxy in front must have verified it. For a name that the budget does
 * not accept, no other tenant pays.
 *
 * @returns undefined for a request without a payer: its model calls are refused.
 */
export function tenantOf(settings: RegisterSettings): TenantOf {
  const { tenantHeader, tenantUnverifiedClaim } = settings
  const fallback = fallbackTenant(settings)
  const named =
    tenantHeader !== undefined
      ? ({ headersDistinct }: IncomingMessage) => onlyOne(headersDistinct[tenantHeader.toLowerCase()])
      : tenantUnverifiedClaim !== undefined
        ? ({ headers }: IncomingMessage) => claimOf(headers.authorization, tenantUnverifiedClaim)
        : () => undefined
  return (request) => {
    const name = named(request)
    if (name === undefined || name === '') return fallback
    return typeof name === 'string' && name.length <= LONGEST_NAME ? name : undefined
  }
}

/** The tenant that pays if the request names none. */
export function fallbackTenant(settings: RegisterSettings): string | undefined {
  const { tenant, tenantHeader, tenantUnverifiedClaim } = settings
  return tenant ?? (tenantHeader === undefined && tenantUnverifiedClaim === undefined ? 'default' : undefined)
}

/** A header sent twice, perhaps once by a client and once by the proxy, is returned as it is, which is not a valid name. */
function onlyOne(values: readonly string[] | undefined): unknown {
  return values?.length === 1 ? values[0] : values
}

/** Undefined without a token or without the claim. A claim that is not text is returned as it is; the budget refuses it. */
function claimOf(authorization: string | undefined, claim: string): unknown {
  const [, payload] = /^Bearer +[\w-]+\.([\w-]+)\.[\w-]*$/i.exec(authorization ?? '') ?? []
  if (payload === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    return typeof claims === 'object' && claims !== null && Object.hasOwn(claims, claim)
      ? (claims as Record<string, unknown>)[claim]
      : undefined
  } catch {
    return undefined
  }
}

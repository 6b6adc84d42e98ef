/** Who an account belongs to. An id of a scope belongs to one tenant: `ada` of contoso is not `ada` of fabrikam. */
export type AccountOwner = { readonly scope: string; readonly id: string; readonly tenant: string | undefined }

/** Returns the name of an account in the ledger: `tenant:contoso`, `user@contoso:ada`. */
export function accountName(tenant: string, scope: string, id: string): string {
  return scope === 'tenant' ? formerName(scope, id) : `${scope}@${escaped(tenant)}:${id}`
}

/**
 * Returns the name without the tenant: `user:ada`. Earlier releases used it in the ledger, where users with the same id
 * shared one account across all tenants. Messages still use it.
 */
export function formerName(scope: string, id: string): string {
  return `${scope}:${id}`
}

/** Returns the owner that an account's name says. In earlier releases the names of scopes did not contain the tenant. */
export function ownerOf(account: string): AccountOwner {
  const colon = account.indexOf(':')
  const id = account.slice(colon + 1)
  // The name of a scope contains neither `:` nor `@`, and in the tenant's name they are escaped.
  const [scope = '', tenant] = account.slice(0, colon).split('@', 2)
  if (scope === 'tenant') return { scope, id, tenant: id }
  return { scope, id, tenant: tenant === undefined ? undefined : unescaped(tenant) }
}

/** Returns an account's name for messages, without the tenant, which the reader of a message knows. */
export function nameInMessages(account: string): string {
  const { scope, id } = ownerOf(account)
  return formerName(scope, id)
}

function escaped(tenant: string): string {
  return tenant.replace(/[%:@]/g, encodeURIComponent)
}

function unescaped(tenant: string): string {
  return tenant.replace(/%(25|3A|40)/g, decodeURIComponent)
}

/** Whose account it is; an id of a scope is its tenant's own. */
export type AccountOwner = { readonly scope: string; readonly id: string; readonly tenant: string | undefined }

/** `tenant:contoso`, `user@contoso:ada`. */
export function accountName(tenant: string, scope: string, id: string): string {
  return scope === 'tenant' ? formerName(scope, id) : `${scope}@${escaped(tenant)}:${id}`
}

/**
 * What earlier releases called the account, and what messages call it: `user:ada`. It was one for the users of that id of
 * all tenants.
 */
export function formerName(scope: string, id: string): string {
  return `${scope}:${id}`
}

/** The owner of an account, by a name of this release or of an earlier one: those of scopes named no tenant. */
export function ownerOf(account: string): AccountOwner {
  const colon = account.indexOf(':')
  const id = account.slice(colon + 1)
  // The name of a scope has neither of the two, and the tenant's no colon where it is escaped.
  const [scope = '', tenant] = account.slice(0, colon).split('@', 2)
  if (scope === 'tenant') return { scope, id, tenant: id }
  return { scope, id, tenant: tenant === undefined ? undefined : unescaped(tenant) }
}

/** As messages name an account, whose reader knows which tenant it is of. */
export function spokenName(account: string): string {
  const { scope, id } = ownerOf(account)
  return formerName(scope, id)
}

function escaped(tenant: string): string {
  return tenant.replace(/[%:@]/g, encodeURIComponent)
}

function unescaped(tenant: string): string {
  return tenant.replace(/%(25|3A|40)/g, decodeURIComponent)
}

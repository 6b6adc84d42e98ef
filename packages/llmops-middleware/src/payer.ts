import { InvalidOptionError } from './errors.ts'

/** Ids of those who pay beside the tenant, by the scopes that the budget knows: `{ user: 'ada' }`. */
export type Scopes = Readonly<Record<string, string>>

/** Who pays for a call. */
export type Payer = { readonly tenant: string; readonly scopes?: Scopes | undefined }

const LONGEST_NAME = 256

/** @throws InvalidOptionError */
export function checkTenant(tenant: string): void {
  if (!isName(tenant)) throw new InvalidOptionError('tenant', tenant, `a name of 1 to ${LONGEST_NAME} characters`)
}

/**
 * A scope that the budget does not know would have no limit, so it is refused where it is named.
 *
 * @param known undefined where no budget knows any: then the names are the application's own
 * @throws InvalidOptionError naming the scope.
 */
export function checkScopes(scopes: Scopes, known: readonly string[] | undefined): void {
  if (typeof scopes !== 'object' || scopes === null || Array.isArray(scopes)) {
    throw new InvalidOptionError('scopes', scopes, "ids by scope, as in { user: 'ada' }")
  }
  for (const scope of Object.keys(scopes)) {
    const id = scopes[scope]
    if (known?.includes(scope) === false) throw new InvalidOptionError(`scopes.${scope}`, id, acceptedOf(known))
    if (!isName(id)) throw new InvalidOptionError(`scopes.${scope}`, id, `an id of 1 to ${LONGEST_NAME} characters`)
  }
}

function acceptedOf(known: readonly string[]): string {
  if (known.length === 0) return 'no scope, for the budget has no scopes'
  return `an id of a scope that the budget was made with: ${known.join(', ')}`
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= LONGEST_NAME
}

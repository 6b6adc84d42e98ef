import { checkValue, required, usd as usdCheck } from '../check.ts'
import { InvalidOptionError } from '../errors.ts'
import type { Claim } from '../ledger/index.ts'
import { checkScopes, type Payer } from '../payer.ts'
import { andThen, isPromise, type MaybePromise } from '../pipeline.ts'
import { nanosFromUsd, type Usd } from '../usd.ts'
import { accountName, formerName, ownerOf } from './account-name.ts'
import type { AccountScope } from './calls.ts'
import type { BudgetSettings, Limit } from './options.ts'

const LOOKED_UP = required(usdCheck)

/** Tenants come from outside, so what is remembered of them is bounded. */
const MOST_TENANTS = 10_000

type AccountSettings = Pick<BudgetSettings, 'limitUsd' | 'period'>

/** Which accounts must pay for a payer's call. */
export class Accounts {
  /** The names of the scopes, as the budget was made with them. */
  readonly scopes: readonly string[]
  readonly #settings: BudgetSettings
  readonly #required: readonly string[]
  /** The claims of payers that are only a tenant with a limit that does not change: most calls. */
  readonly #plain = new Map<string, readonly Claim[]>()

  constructor(settings: BudgetSettings) {
    this.#settings = settings
    this.scopes = settings.scopes.map(({ scope }) => scope)
    this.#required = settings.scopes.filter(({ required }) => required).map(({ scope }) => scope)
  }

  /**
   * The tenant's first, then one for each scope that the payer names.
   *
   * @throws InvalidOptionError for a scope that the budget does not know, and for one that it requires and nobody named.
   */
  claimsOf(payer: Payer): MaybePromise<readonly Claim[]> {
    const { limitUsd, scopes } = this.#settings
    if (payer.scopes !== undefined) checkScopes(payer.scopes, this.scopes)
    for (const scope of this.#required) if (payer.scopes?.[scope] === undefined) throw unnamed(scope)
    if (typeof limitUsd === 'function' || (scopes.length > 0 && payer.scopes !== undefined)) return this.#look(payer)
    let claims = this.#plain.get(payer.tenant)
    if (claims === undefined) {
      claims = this.#look(payer) as readonly Claim[]
      if (this.#plain.size >= MOST_TENANTS) this.#plain.clear()
      this.#plain.set(payer.tenant, claims)
    }
    return claims
  }

  /** The tenant's own account, or that of a scope. @throws InvalidOptionError for a scope that the budget does not know. */
  claimOf(tenant: string, scope: AccountScope | undefined): MaybePromise<Claim> {
    return this.#claim(tenant, scope?.name ?? 'tenant', scope?.id ?? tenant, this.#settingsOf(scope))
  }

  /** The same, whatever its limit. */
  accountOf(tenant: string, scope: AccountScope | undefined): Pick<Claim, 'account' | 'period'> {
    const { period } = this.#settingsOf(scope)
    return { account: accountName(tenant, scope?.name ?? 'tenant', scope?.id ?? tenant), period }
  }

  #settingsOf(scope: AccountScope | undefined): AccountSettings {
    if (scope === undefined) return this.#settings
    const known = this.#settings.scopes.find((known) => known.scope === scope.name)
    if (known) return known
    const names = this.scopes.join(', ') || 'none'
    throw new InvalidOptionError('scope.name', scope.name, `one of the scopes of the budget, which has ${names}`)
  }

  /** Whether the limits have a word for an account, if only one for all others. */
  isListed(account: string): boolean {
    const { scope, id } = ownerOf(account)
    const own = this.#settings.scopes.find((known) => known.scope === scope)
    const limit = own?.limitUsd ?? this.#settings.limitUsd
    return typeof limit === 'function' || listedLimit(limit, id) !== undefined
  }

  #look({ tenant, scopes }: Payer): MaybePromise<readonly Claim[]> {
    const claims = [this.#claim(tenant, 'tenant', tenant, this.#settings)]
    for (const settings of this.#settings.scopes) {
      const id = scopes?.[settings.scope]
      if (id !== undefined) claims.push(this.#claim(tenant, settings.scope, id, settings))
    }
    return claims.some(isPromise) ? Promise.all(claims) : (claims as Claim[])
  }

  #claim(tenant: string, scope: string, id: string, { limitUsd: limit, period }: AccountSettings): MaybePromise<Claim> {
    const { noticeShares } = this.#settings
    const formerly = formerName(scope, id)
    return andThen(limitOf(limit, id, tenant), (usd) => {
      if (typeof limit === 'function') checkValue(usd, LOOKED_UP, `the limit of ${formerly}`)
      const limitNanos = nanosFromUsd(usd, 'limitUsd')
      return { account: accountName(tenant, scope, id), formerly, period, limitNanos, noticeShares }
    })
  }
}

function unnamed(scope: string): InvalidOptionError {
  return new InvalidOptionError(`scopes.${scope}`, undefined, 'an id: the budget requires this scope of every call')
}

function limitOf(limit: Limit, id: string, tenant: string): Usd | Promise<Usd> {
  return typeof limit === 'function' ? limit(id, tenant) : (listedLimit(limit, id) ?? 0)
}

/** Undefined for a name that limits by name do not have. */
function listedLimit(limit: Usd | Readonly<Record<string, Usd>>, id: string): Usd | undefined {
  if (typeof limit === 'number') return limit
  // Own keys alone: a tenant may be called `constructor`.
  return Object.hasOwn(limit, id) ? limit[id] : limit['*']
}

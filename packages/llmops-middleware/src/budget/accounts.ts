import { checkValue, required, usd as usdCheck } from '../check.ts'
import { InvalidOptionError } from '../errors.ts'
import type { Claim, Period } from '../ledger/index.ts'
import { checkScopes, type Payer } from '../payer.ts'
import { andThen, isPromise, type MaybePromise } from '../pipeline.ts'
import { nanosFromUsd, type Usd } from '../usd.ts'
import type { AccountScope } from './calls.ts'
import type { BudgetSettings, Limit } from './options.ts'

const LOOKED_UP = required(usdCheck)

/** Tenants come from outside, so what is remembered of them is bounded. */
const MOST_TENANTS = 10_000

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
    const { limitUsd, period } = this.#settingsOf(scope)
    return claim(scope?.name ?? 'tenant', scope?.id ?? tenant, limitUsd, period, this.#settings.noticeShares)
  }

  /** The same, whatever its limit. */
  accountOf(tenant: string, scope: AccountScope | undefined): Pick<Claim, 'account' | 'period'> {
    const { period } = this.#settingsOf(scope)
    return { account: accountName(scope?.name ?? 'tenant', scope?.id ?? tenant), period }
  }

  #settingsOf(scope: AccountScope | undefined): Pick<BudgetSettings, 'limitUsd' | 'period'> {
    if (scope === undefined) return this.#settings
    const known = this.#settings.scopes.find((known) => known.scope === scope.name)
    if (known) return known
    const names = this.scopes.join(', ') || 'none'
    throw new InvalidOptionError('scope.name', scope.name, `one of the scopes of the budget, which has ${names}`)
  }

  /** Whether the limits have a word for an account, if only one for all others. */
  isListed(account: string): boolean {
    const [scope, id] = splitAccount(account)
    const own = this.#settings.scopes.find((known) => known.scope === scope)
    const limit = own?.limitUsd ?? this.#settings.limitUsd
    return typeof limit === 'function' || listedLimit(limit, id) !== undefined
  }

  #look({ tenant, scopes }: Payer): MaybePromise<readonly Claim[]> {
    const { limitUsd, period, noticeShares } = this.#settings
    const claims: MaybePromise<Claim>[] = [claim('tenant', tenant, limitUsd, period, noticeShares)]
    for (const { scope, limitUsd, period } of this.#settings.scopes) {
      const id = scopes?.[scope]
      if (id !== undefined) claims.push(claim(scope, id, limitUsd, period, noticeShares))
    }
    return claims.some(isPromise) ? Promise.all(claims) : (claims as Claim[])
  }
}

export function accountName(scope: string, id: string): string {
  return `${scope}:${id}`
}

/** Its scope, whose name has no colon, and its id. */
export function splitAccount(account: string): readonly [scope: string, id: string] {
  const colon = account.indexOf(':')
  return [account.slice(0, colon), account.slice(colon + 1)]
}

function unnamed(scope: string): InvalidOptionError {
  return new InvalidOptionError(`scopes.${scope}`, undefined, 'an id: the budget requires this scope of every call')
}

function claim(
  scope: string,
  id: string,
  limit: Limit,
  period: Period,
  noticeShares: readonly number[],
): MaybePromise<Claim> {
  return andThen(limitOf(limit, id), (usd) => {
    if (typeof limit === 'function') checkValue(usd, LOOKED_UP, `the limit of ${accountName(scope, id)}`)
    return { account: accountName(scope, id), period, limitNanos: nanosFromUsd(usd, 'limitUsd'), noticeShares }
  })
}

function limitOf(limit: Limit, id: string): Usd | Promise<Usd> {
  return typeof limit === 'function' ? limit(id) : (listedLimit(limit, id) ?? 0)
}

/** Undefined for a name that limits by name do not have. */
function listedLimit(limit: Usd | Readonly<Record<string, Usd>>, id: string): Usd | undefined {
  if (typeof limit === 'number') return limit
  // Own keys alone: a tenant may be called `constructor`.
  return Object.hasOwn(limit, id) ? limit[id] : limit['*']
}

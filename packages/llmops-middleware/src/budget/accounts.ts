import { checkValue, required, usd as usdCheck } from '../check.ts'
import { InvalidOptionError } from '../errors.ts'
import { type Claim, LedgerUnavailableError } from '../ledger/index.ts'
import { checkScopes, type Payer } from '../payer.ts'
import { andThen, isPromise, type MaybePromise } from '../pipeline.ts'
import { nanosFromUsd, type Usd } from '../usd.ts'
import { accountName, formerName, ownerOf } from './account-name.ts'
import type { AccountScope } from './calls.ts'
import type { BudgetSettings, Limit } from './options.ts'

const LOOKED_UP_LIMIT = required(usdCheck)

/** Tenants' names come from outside, so the cache of their claims is bounded. */
const MAX_CACHED_TENANTS = 10_000

type AccountSettings = Pick<BudgetSettings, 'limitUsd' | 'period'>

/** Finds the accounts that must pay for a call. */
export class Accounts {
  /** The names of the scopes that the budget was created with. */
  readonly scopes: readonly string[]
  readonly #settings: BudgetSettings
  readonly #required: readonly string[]
  /** The claims of payers that have no scopes and a fixed limit, by tenant: most calls are of this kind. */
  readonly #cached = new Map<string, readonly Claim[]>()

  constructor(settings: BudgetSettings) {
    this.#settings = settings
    this.scopes = settings.scopes.map(({ scope }) => scope)
    this.#required = settings.scopes.filter(({ required }) => required).map(({ scope }) => scope)
  }

  /**
   * Returns the tenant's claim first, then one claim for each scope that the payer names.
   *
   * @throws InvalidOptionError for a scope that the budget does not know, and for a required scope that the payer omits.
   */
  claimsOf(payer: Payer): MaybePromise<readonly Claim[]> {
    const { limitUsd, scopes } = this.#settings
    if (payer.scopes !== undefined) checkScopes(payer.scopes, this.scopes)
    for (const scope of this.#required) if (payer.scopes?.[scope] === undefined) throw missingScope(scope)
    if (typeof limitUsd === 'function' || (scopes.length > 0 && payer.scopes !== undefined)) return this.#lookUp(payer)
    let claims = this.#cached.get(payer.tenant)
    if (claims === undefined) {
      claims = this.#lookUp(payer) as readonly Claim[]
      if (this.#cached.size >= MAX_CACHED_TENANTS) this.#cached.clear()
      this.#cached.set(payer.tenant, claims)
    }
    return claims
  }

  /**
   * Returns the claim on the tenant's own account, or on the account of a scope.
   *
   * @throws InvalidOptionError for a scope that the budget does not know.
   */
  claimOf(tenant: string, scope: AccountScope | undefined): MaybePromise<Claim> {
    return this.#claim(tenant, scope?.name ?? 'tenant', scope?.id ?? tenant, this.#settingsOf(scope))
  }

  /** Returns the same account without looking up its limit. */
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

  /** Whether the limits contain an account, by its own name or by `'*'`. */
  isListed(account: string): boolean {
    const { scope, id } = ownerOf(account)
    const own = this.#settings.scopes.find((known) => known.scope === scope)
    const limit = own?.limitUsd ?? this.#settings.limitUsd
    return typeof limit === 'function' || listedLimit(limit, id) !== undefined
  }

  #lookUp({ tenant, scopes }: Payer): MaybePromise<readonly Claim[]> {
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
      if (typeof limit === 'function') checkValue(usd, LOOKED_UP_LIMIT, `limitUsd('${id}')`)
      const limitNanos = nanosFromUsd(usd, 'limitUsd')
      return { account: accountName(tenant, scope, id), formerly, period, limitNanos, noticeShares }
    })
  }
}

function missingScope(scope: string): InvalidOptionError {
  const hint = `Name it in \`ops.task({ scopes: { ${scope}: … } }, …)\` or in \`ops.fetchAs({ tenant, scopes })\`.`
  return new InvalidOptionError(
    `scopes.${scope}`,
    undefined,
    'an id: the budget requires this scope for every call',
    hint,
  )
}

function limitOf(limit: Limit, id: string, tenant: string): Usd | Promise<Usd> {
  return typeof limit === 'function' ? lookedUp(limit, id, tenant) : (listedLimit(limit, id) ?? 0)
}

/** Calls the application's function. Where it fails, what may be spent is not known, as where the ledger does not answer. */
function lookedUp(limit: LimitFunction, id: string, tenant: string): Usd | Promise<Usd> {
  const fail = (cause: unknown): never => {
    const why = `\`limitUsd('${id}')\` threw ${cause instanceof Error ? cause.message : String(cause)}`
    throw new LedgerUnavailableError('look up a limit', why, { cause })
  }
  try {
    const usd = limit(id, tenant)
    return isPromise(usd) ? usd.catch(fail) : usd
  } catch (error) {
    return fail(error)
  }
}

type LimitFunction = Extract<Limit, (...parameters: never[]) => unknown>

/** Returns undefined where limits by name contain neither the id nor `'*'`. */
function listedLimit(limit: Usd | Readonly<Record<string, Usd>>, id: string): Usd | undefined {
  if (typeof limit === 'number') return limit
  // Only own keys count: a tenant may be called `constructor`.
  return Object.hasOwn(limit, id) ? limit[id] : limit['*']
}

import { andThen, isPromise, type MaybePromise } from '../pipeline.ts'
import { nanosFromUsd, type Usd } from '../usd.ts'
import type { Claim } from './ledger.ts'
import { type BudgetSettings, checkUsd, type Limit } from './options.ts'
import type { Period } from './period.ts'

/** Who pays for a call. */
export type Payer = { readonly tenant: string; readonly scopes?: Readonly<Record<string, string>> }

/** The accounts that must pay for a payer's call: the tenant's first, then one for each scope that it names. */
export function claimsOf(payer: Payer, settings: BudgetSettings): MaybePromise<Claim[]> {
  const claims: MaybePromise<Claim>[] = [
    claim('tenant', payer.tenant, settings.limitUsd, settings.period, settings.noticeShares),
  ]
  for (const { scope, limitUsd, period } of settings.scopes) {
    const id = payer.scopes?.[scope]
    if (id !== undefined) claims.push(claim(scope, id, limitUsd, period, settings.noticeShares))
  }
  return claims.some(isPromise) ? Promise.all(claims) : (claims as Claim[])
}

export function accountName(scope: string, id: string): string {
  return `${scope}:${id}`
}

function claim(
  scope: string,
  id: string,
  limit: Limit,
  period: Period,
  noticeShares: readonly number[],
): MaybePromise<Claim> {
  return andThen(limitOf(limit, id), (usd) => {
    if (typeof limit === 'function') checkUsd(`the limit of ${accountName(scope, id)}`, usd)
    return { account: accountName(scope, id), period, limitNanos: nanosFromUsd(usd, 'limitUsd'), noticeShares }
  })
}

function limitOf(limit: Limit, id: string): Usd | Promise<Usd> {
  if (typeof limit === 'number') return limit
  if (typeof limit === 'function') return limit(id)
  // Own keys alone: a tenant may be called `constructor`.
  return (Object.hasOwn(limit, id) ? limit[id] : limit['*']) ?? 0
}

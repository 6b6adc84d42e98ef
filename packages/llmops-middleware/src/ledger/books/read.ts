import { type Nanos, ZERO } from '../../usd.ts'
import type { AccountState, Claim } from '../ledger.ts'
import { periodEndMs, periodStartMs } from '../period.ts'
import { advance, periodBegunAt, stateOf } from './account.ts'
import type { Books } from './books.ts'
import { resolveLeases } from './resolve-leases.ts'

/** Returns the accounts now, or in the period that contains `atMs`. For a rolling window only the present is known. */
export function read(books: Books, claims: readonly Claim[], atMs: number | undefined): AccountState[] {
  const nowMs = books.nowMs()
  resolveLeases(books, nowMs)
  return claims.map((claim) => readAccount(books, claim, atMs, nowMs))
}

function readAccount(books: Books, claim: Claim, atMs: number | undefined, nowMs: number): AccountState {
  const account = books.findAccount(claim.account, claim.period)
  if (account === undefined) return unusedAccount(claim, claim.limitNanos, atMs ?? nowMs)

  const current = advance(account, nowMs)
  const period =
    atMs === undefined || typeof claim.period === 'object' || (atMs >= current.startMs && atMs < current.endMs)
      ? current
      : atMs < current.startMs
        ? periodBegunAt(account, periodStartMs(claim.period, atMs))
        : undefined
  if (period === undefined) return unusedAccount(claim, account.limitNanos ?? claim.limitNanos, atMs ?? nowMs)
  return stateOf(account, period, claim, nowMs)
}

function unusedAccount(claim: Claim, limitNanos: Nanos, atMs: number): AccountState {
  const { account, period } = claim
  const endMs = typeof period === 'object' ? atMs : periodEndMs(period, periodStartMs(period, atMs))
  return { account, spentNanos: ZERO, unknownNanos: ZERO, heldNanos: ZERO, openHolds: 0, limitNanos, resetsAtMs: endMs }
}

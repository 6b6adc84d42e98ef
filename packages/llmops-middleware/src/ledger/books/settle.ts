import { type Nanos, ZERO } from '../../usd.ts'
import type { CrossedNotice, HeldAccount, Hold, SettleResult } from '../ledger.ts'
import { type AccountPeriod, advance, limitOf, periodBegunAt, type Spend, spend } from './account.ts'
import type { Books, HoldRecord } from './books.ts'
import { endHold, resolveLeases, unknown } from './resolve-leases.ts'

const NOTHING_CROSSED: readonly CrossedNotice[] = []

/** Settles a hold with its actual cost, once. */
export function settle(books: Books, hold: Hold, spentNanos: Nanos, unknownNanos: Nanos = ZERO): SettleResult {
  const cost: Spend = { spentNanos, unknownNanos }
  const nowMs = books.nowMs()
  resolveLeases(books, nowMs)
  const record = books.findHold(hold.id)

  if (record === undefined) {
    if (hold.reservedAtMs <= books.forgottenUntilMs(nowMs)) return { outcome: 'unknown', crossed: NOTHING_CROSSED }
    correct(books, hold, cost, nowMs)
    books.addHold(recordOfSettled(hold, nowMs))
    return { outcome: 'restored', crossed: crossedBy(books, hold, nowMs) }
  }

  switch (record.state) {
    case 'settled':
      return { outcome: 'duplicate', crossed: NOTHING_CROSSED }
    case 'open':
      endHold(books, record, cost, nowMs)
      break
    case 'charged':
      correct(books, record.hold, difference(cost, unknown(record.hold.amountNanos)), nowMs)
      break
    case 'released':
      correct(books, record.hold, cost, nowMs)
      break
  }
  books.closeHold(record, 'settled')
  return { outcome: 'settled', crossed: crossedBy(books, record.hold, nowMs) }
}

function difference(cost: Spend, counted: Spend): Spend {
  return {
    spentNanos: cost.spentNanos - counted.spentNanos,
    unknownNanos: cost.unknownNanos - counted.unknownNanos,
  }
}

/** Adds a difference, which may be negative, to the spend of the periods of a hold. */
function correct(books: Books, hold: Hold, difference: Spend, nowMs: number): void {
  for (const held of hold.accounts) {
    const period = periodOf(books, held, nowMs)
    if (period !== undefined) spend(period, difference, hold.reservedAtMs, nowMs)
  }
}

function periodOf(books: Books, held: HeldAccount, nowMs: number): AccountPeriod | undefined {
  // The account may have been dropped because it was unused; a late settlement still counts on it.
  const account = books.openAccount(held.account, held.period, nowMs)
  advance(account, nowMs)
  account.hasChanged = true
  return periodBegunAt(account, held.periodStartMs)
}

function crossedBy(books: Books, hold: Hold, nowMs: number): readonly CrossedNotice[] {
  let crossed: CrossedNotice[] | undefined
  for (const held of hold.accounts) {
    if (held.noticeShares === undefined || held.noticeShares.length === 0) continue
    const account = books.findAccount(held.account, held.period)
    const period = account && periodBegunAt(account, held.periodStartMs)
    if (account === undefined || period === undefined || period.spentNanos <= 0) continue

    const limitNanos = limitOf(account, period, held.limitNanos, nowMs)
    for (const share of held.noticeShares) {
      if (period.spentNanos < share * limitNanos || !markReported(period, share, nowMs)) continue
      account.hasChanged = true
      crossed ??= []
      crossed.push({ account: held.account, period: held.period, share })
    }
  }
  return crossed ?? NOTHING_CROSSED
}

/** Returns false if the share was already reported in this period, or within the length of a rolling window. */
function markReported(period: AccountPeriod, share: number, nowMs: number): boolean {
  const notice = period.notices.find((reported) => reported.share === share)
  if (notice === undefined) {
    period.notices.push({ share, reportedAtMs: nowMs })
    return true
  }
  if (period.window === undefined || nowMs < notice.reportedAtMs + period.window.rollingMs) return false
  notice.reportedAtMs = nowMs
  return true
}

function recordOfSettled(hold: Hold, nowMs: number): HoldRecord {
  return { hold, offer: 0, leaseMs: 0, leaseEnd: 'charge', leaseEndsAtMs: nowMs, state: 'settled' }
}

import { advance, periodBegunAt, type Spend, spend } from './account.ts'
import type { Books, HoldRecord } from './books.ts'

/** Charges or releases every hold whose lease has ended, as it declared. Each operation calls this first. */
export function resolveLeases(books: Books, nowMs: number): void {
  for (const record of books.expiredHolds(nowMs)) {
    const isCharged = record.leaseEnd === 'charge'
    endHold(books, record, isCharged ? unknown(record.hold.amountNanos) : NOTHING, nowMs)
    books.closeHold(record, isCharged ? 'charged' : 'released')
  }
}

const NOTHING: Spend = { spentNanos: 0, unknownNanos: 0 }

/** Returns the spend of a hold whose process died: the whole amount, all of it unknown. */
export function unknown(amountNanos: number): Spend {
  return { spentNanos: amountNanos, unknownNanos: amountNanos }
}

/** Removes an open hold from its accounts and adds its cost. */
export function endHold(books: Books, record: HoldRecord, cost: Spend, nowMs: number): void {
  const { hold } = record
  for (const held of hold.accounts) {
    const account = books.findAccount(held.account, held.period)
    if (account === undefined) continue
    advance(account, nowMs)
    const period = periodBegunAt(account, held.periodStartMs)
    if (period === undefined) continue
    period.heldNanos -= hold.amountNanos
    period.openHolds -= 1
    spend(period, cost, hold.reservedAtMs, nowMs)
    account.hasChanged = true
  }
}

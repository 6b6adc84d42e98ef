import { advance, periodBegunAt, type Spend, spend } from './account.ts'
import type { Books, HoldRecord } from './books.ts'

/** Gives every hold whose lease has ended its declared end. Comes first in each operation. */
export function resolveLeases(books: Books, nowMs: number): void {
  for (const record of books.expiredHolds(nowMs)) {
    const isCharged = record.leaseEnd === 'charge'
    endHold(books, record, isCharged ? unknown(record.hold.amountNanos) : NOTHING, nowMs)
    books.closeHold(record, isCharged ? 'charged' : 'released')
  }
}

const NOTHING: Spend = { spentNanos: 0, unknownNanos: 0 }

/** What a hold counts whose process died: nobody knows what it cost. */
export function unknown(amountNanos: number): Spend {
  return { spentNanos: amountNanos, unknownNanos: amountNanos }
}

/** Takes an open hold off its accounts and counts what it cost. */
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

import { advance, periodBegunAt, spend } from './account.ts'
import type { Books, HoldRecord } from './books.ts'

/** Gives every hold whose lease has ended its declared end. Comes first in each operation. */
export function resolveLeases(books: Books, nowMs: number): void {
  for (const record of books.expiredHolds(nowMs)) {
    const isCharged = record.leaseEnd === 'charge'
    endHold(books, record, isCharged ? record.hold.amountNanos : 0, nowMs)
    books.closeHold(record, isCharged ? 'charged' : 'released')
  }
}

/** Takes an open hold off its accounts and counts what it cost. */
export function endHold(books: Books, record: HoldRecord, costNanos: number, nowMs: number): void {
  const { hold } = record
  for (const held of hold.accounts) {
    const account = books.findAccount(held.account, held.period)
    if (account === undefined) continue
    advance(account, nowMs)
    const period = periodBegunAt(account, held.periodStartMs)
    if (period === undefined) continue
    period.heldNanos -= hold.amountNanos
    period.openHolds -= 1
    spend(period, costNanos, hold.reservedAtMs, nowMs)
    account.hasChanged = true
  }
}

import type { Hold } from '../ledger.ts'
import type { Books } from './books.ts'
import { resolveLeases } from './resolve-leases.ts'

/** Returns how many of the holds were still open. */
export function renew(books: Books, holds: readonly Hold[], leaseMs: number): number {
  const nowMs = books.nowMs()
  resolveLeases(books, nowMs)
  let renewed = 0
  for (const { id } of holds) {
    const record = books.findHold(id)
    if (record?.state !== 'open') continue
    books.renewHold(record, leaseMs, nowMs)
    renewed += 1
  }
  return renewed
}

import type { LimitChange } from '../ledger.ts'
import { advance } from './account.ts'
import type { Books } from './books.ts'

export function setLimit(books: Books, change: LimitChange): void {
  const nowMs = books.nowMs()
  const account = books.openAccount(change.account, change.period, nowMs)
  const current = advance(account, nowMs)
  account.hasChanged = true
  if (change.lasts === 'always') {
    account.limitNanos = change.limitNanos
  } else if (change.limitNanos === undefined) {
    current.limit = undefined
  } else {
    const untilMs = typeof change.period === 'object' ? nowMs + change.period.rollingMs : current.endMs
    current.limit = { nanos: change.limitNanos, untilMs }
  }
}

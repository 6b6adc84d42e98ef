import { periodStartMs } from '../ledger/index.ts'
import { type BudgetBreaker, budgetOf } from './breaker.ts'

/** Returns when an account's spend began to count: at the start of its calendar period, or one rolling window ago. */
export function periodStartOf(breaker: BudgetBreaker, scope: string | undefined, nowMs: number): number {
  const { settings } = budgetOf(breaker)
  const period = settings.scopes.find((known) => known.scope === scope)?.period ?? settings.period
  return typeof period === 'object' ? nowMs - period.rollingMs : periodStartMs(period, nowMs)
}

export { type BudgetRefusal, budgetRefusalOf, isBudgetExceeded } from '../budget-refusal.ts'
export type * from '../ledger/index.ts'
export type { LocalShareOptions } from '../ledger/index.ts'
export {
  LedgerCorruptedError,
  LedgerUnavailableError,
  localShare,
  type MemoryLedgerOptions,
  memoryLedger,
} from '../ledger/index.ts'
export { BudgetBreaker } from './breaker.ts'
export type { BudgetDecision, BudgetState } from './budget.ts'
export { BudgetExceededError, RunBudgetExceededError } from './budget-exceeded-error.ts'
export type { AccountScope, Charge, LimitOverride, ReserveCall } from './calls.ts'
export { budgetLayer } from './layer.ts'
export { BUDGET_OPTIONS, type BudgetOptions, type DownshiftOptions, type Limit, type ScopeOptions } from './options.ts'
export { createPayments } from './payments.ts'
export { periodStartOf } from './period-start.ts'
export type { Refusal } from './refusal.ts'
export type { Admission, Reservation } from './reservation.ts'

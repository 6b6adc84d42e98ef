export type * from '../ledger/index.ts'
export type { LocalShareOptions, Period } from '../ledger/index.ts'
export {
  LedgerCorruptedError,
  LedgerUnavailableError,
  localShare,
  type MemoryLedger,
  type MemoryLedgerOptions,
  memoryLedger,
} from '../ledger/index.ts'
export type { Payer, Scopes } from '../payer.ts'
export type { Admission, Refusal, RefusalReason, Reservation } from './admission.ts'
export {
  BudgetBreaker,
  type BudgetDecision,
  type BudgetState,
} from './breaker.ts'
export type { LimitOverride, ReserveCall } from './calls.ts'
export { budgetLayer } from './layer.ts'
export { BUDGET_OPTIONS, type BudgetOptions, type DownshiftOptions, type Limit, type ScopeOptions } from './options.ts'

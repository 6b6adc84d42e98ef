export type * from '../ledger/index.ts'
export type { LocalShareOptions, Period } from '../ledger/index.ts'
export {
  LedgerCorruptedError,
  LedgerUnavailableError,
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
  type LimitOverride,
  type ReserveCall,
} from './breaker.ts'
export { budgetLayer } from './layer.ts'
export type { BudgetOptions, Limit, ScopeOptions } from './options.ts'

export type * from '../ledger/ledger.ts'
export { LedgerCorruptedError } from '../ledger/ledger-corrupted-error.ts'
export { LedgerUnavailableError } from '../ledger/ledger-unavailable-error.ts'
export type { LocalShareOptions } from '../ledger/local-share/local-share-options.ts'
export { type MemoryLedger, type MemoryLedgerOptions, memoryLedger } from '../ledger/memory/memory-ledger.ts'
export type { Period } from '../ledger/period.ts'
export type { Payer, Scopes } from '../payer.ts'
export type { Admission, Refusal, Reservation } from './admission.ts'
export {
  BudgetBreaker,
  type BudgetDecision,
  type BudgetState,
  type LimitOverride,
  type ReserveCall,
} from './breaker.ts'
export type { Estimate } from './estimate.ts'
export { budgetLayer } from './layer.ts'
export type { BudgetOptions, Limit, ScopeOptions } from './options.ts'

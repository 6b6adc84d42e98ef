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
export type * from './ledger.ts'
export { LedgerCorruptedError } from './ledger-corrupted-error.ts'
export { LedgerUnavailableError } from './ledger-unavailable-error.ts'
export type { LocalShareOptions } from './local-share/local-share-options.ts'
export { type MemoryLedger, type MemoryLedgerOptions, memoryLedger } from './memory-ledger.ts'
export type { BudgetOptions, Limit, ScopeOptions } from './options.ts'
export type { Period } from './period.ts'

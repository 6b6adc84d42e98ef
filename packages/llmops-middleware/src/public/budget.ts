/**
 * Budgets that work alone, ledgers, and what it takes to write a ledger of your own.
 *
 * @module
 */

export {
  type AccountScope,
  type Admission,
  BudgetBreaker,
  type BudgetDecision,
  BudgetExceededError,
  type BudgetOptions,
  type BudgetState,
  type Charge,
  type DownshiftOptions,
  type Limit,
  type LimitOverride,
  type Refusal,
  type Reservation,
  type ReserveCall,
  RunBudgetExceededError,
  type ScopeOptions,
} from '../budget/index.ts'
export { type BudgetRefusal, budgetRefusalOf, isBudgetExceeded, type RefusalReason } from '../budget-refusal.ts'
export {
  type AccountState,
  type BudgetPeriod,
  type Claim,
  type CrossedNotice,
  type HeldAccount,
  type Hold,
  type LeaseEnd,
  type Ledger,
  LedgerCorruptedError,
  LedgerUnavailableError,
  type LimitChange,
  type LocalShareOptions,
  localShare,
  type MemoryLedger,
  type MemoryLedgerOptions,
  memoryLedger,
  type Offer,
  type Period,
  type ReserveRequest,
  type ReserveResult,
  type SettleResult,
  type WhenHeld,
} from '../ledger/index.ts'
export type { Payer, Scopes } from '../payer.ts'

export { LeaseKeeper } from './lease-keeper.ts'
export type * from './ledger.ts'
export { LedgerCorruptedError } from './ledger-corrupted-error.ts'
export { LedgerUnavailableError } from './ledger-unavailable-error.ts'
export { LocalShareLedger } from './local-share/local-share-ledger.ts'
export {
  type LocalShareOptions,
  type LocalShareSettings,
  readLocalShareOptions,
} from './local-share/local-share-options.ts'
export { type MemoryLedger, type MemoryLedgerOptions, memoryLedger } from './memory/memory-ledger.ts'
export { JournalFolder } from './outage/journal-folder.ts'
export { SteadfastLedger } from './outage/outage-tolerant-ledger.ts'
export { checkPeriod, type Period, periodName } from './period.ts'

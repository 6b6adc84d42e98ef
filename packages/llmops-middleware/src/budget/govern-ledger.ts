import type { Ledger, SettleResult } from '../ledger/index.ts'
import { JournalFolder, LocalShareLedger, SteadfastLedger } from '../ledger/index.ts'
import type { Repeat } from '../repeat.ts'
import type { BudgetSettings } from './options.ts'

export type GovernParts = { readonly onSettled: (result: SettleResult) => void; readonly repeat?: Repeat | undefined }

/** The ledger as the breaker asks it: with the rule for when it fails, and with slices where they were asked for. */
export function governLedger(ledger: Ledger, settings: BudgetSettings, parts: GovernParts): Ledger {
  const { journalFolder, whenLedgerFails, localShare, leaseMs } = settings
  const steadfast = new SteadfastLedger(ledger, {
    ...parts,
    isOpen: whenLedgerFails === 'open',
    folder: journalFolder === undefined ? undefined : new JournalFolder(journalFolder),
  })
  return localShare ? new LocalShareLedger(steadfast, localShare, { ...parts, leaseMs }) : steadfast
}

import type { Ledger, SettleResult } from '../ledger/index.ts'
import { JournalFolder, SteadfastLedger } from '../ledger/index.ts'
import type { Repeat } from '../repeat.ts'
import type { BudgetSettings } from './options.ts'

export type GovernParts = { readonly onSettled: (result: SettleResult) => void; readonly repeat?: Repeat | undefined }

/** The ledger as the breaker asks it: with the rule for when it fails. */
export function governLedger(ledger: Ledger, settings: BudgetSettings, parts: GovernParts): Ledger {
  const { journalFolder, ledgerFailure } = settings
  return new SteadfastLedger(ledger, {
    ...parts,
    isOpen: ledgerFailure === 'open',
    folder: journalFolder === undefined ? undefined : new JournalFolder(journalFolder),
  })
}

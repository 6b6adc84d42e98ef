import { LlmOpsError } from '../errors.ts'

/** What the ledger found in its store is not its own, or not whole. It was left as it is: look at it, then move it away. */
export class LedgerCorruptedError extends LlmOpsError {
  static override readonly name = 'LedgerCorruptedError'
  static readonly code = 'ledger_corrupted'
  readonly code = LedgerCorruptedError.code
  /** The file or key that cannot be used. */
  readonly location: string

  constructor(location: string, found: string, options?: { cause?: unknown }) {
    super(`The budget ledger cannot use ${location}: ${found}. Nothing was overwritten.`, options)
    this.location = location
  }
}

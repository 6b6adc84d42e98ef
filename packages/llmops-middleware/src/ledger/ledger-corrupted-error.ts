import { LlmOpsError } from '../errors.ts'

/** Thrown when the ledger's store is damaged or not its own. It was left as it is: inspect it, then move it away. */
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

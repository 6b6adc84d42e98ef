import { LlmOpsError } from '../errors.ts'

/** The ledger could not be asked, or did not answer in time. What the operation did, if anything, is not known. */
export class LedgerUnavailableError extends LlmOpsError {
  static override readonly name = 'LedgerUnavailableError'
  static readonly code = 'ledger_unavailable'
  readonly code = LedgerUnavailableError.code
  readonly operation: string

  constructor(operation: string, why: string, options?: { cause?: unknown }) {
    super(`The budget ledger could not ${operation}: ${why}.`, options)
    this.operation = operation
  }
}

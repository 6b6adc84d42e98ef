import { LlmOpsError } from '../errors.ts'

/** Thrown when the ledger could not be reached or did not answer in time. The operation may or may not have happened. */
export class LedgerUnavailableError extends LlmOpsError {
  static override readonly name = 'LedgerUnavailableError'
  static readonly code = 'ledger_unavailable'
  readonly code = LedgerUnavailableError.code
  /** What the ledger was asked to do. */
  readonly operation: string

  /** @param options `help` is what to do about it, in whole sentences. */
  constructor(operation: string, why: string, options: { readonly cause?: unknown; readonly help?: string } = {}) {
    const { help, ...cause } = options
    super(`The budget ledger could not ${operation}: ${why.replace(/\.$/, '')}.${help ? ` ${help}` : ''}`, cause)
    this.operation = operation
  }
}

import { LedgerCorruptedError } from '../ledger-corrupted-error.ts'
import { LedgerUnavailableError } from '../ledger-unavailable-error.ts'

// Primary result codes, sqlite.org/rescode.html; the extended ones keep them in their low byte.
const SQLITE_BUSY = 5
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

export function isBusy(error: unknown): boolean {
  return resultCode(error) === SQLITE_BUSY
}

/** The error of this library for one of SQLite's; any other error is given back as it is. */
export function describeFailure(error: unknown, path: string, operation: string): unknown {
  const code = resultCode(error)
  if (code === undefined) return error
  const message = (error as Error).message
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB
    ? new LedgerCorruptedError(path, message, { cause: error })
    : new LedgerUnavailableError(operation, `${path}: ${message}`, { cause: error })
}

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

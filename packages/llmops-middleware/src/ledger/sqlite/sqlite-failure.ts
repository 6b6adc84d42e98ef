import { LedgerCorruptedError } from '../ledger-corrupted-error.ts'
import { LedgerUnavailableError } from '../ledger-unavailable-error.ts'

// Primary result codes, sqlite.org/rescode.html. Extended codes contain them in the low byte.
const SQLITE_BUSY = 5
const SQLITE_READONLY = 8
const SQLITE_IOERR = 10
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_CANTOPEN = 14
const SQLITE_NOTADB = 26

export function isBusy(error: unknown): boolean {
  return resultCode(error) === SQLITE_BUSY
}

const HELP: Readonly<Record<number, string>> = {
  [SQLITE_READONLY]: 'Let this user write the file and its folder, where SQLite keeps two more files.',
  [SQLITE_IOERR]: 'Check its disk. A network file system does not work.',
  [SQLITE_FULL]: 'Free the disk.',
  [SQLITE_CANTOPEN]: 'It must be a file, not a folder, that this user can write.',
}

/** Converts an error of SQLite or of the file system into one of this library. Returns any other error as it is. */
export function describeFailure(error: unknown, path: string, operation: string): unknown {
  const code = resultCode(error)
  const message = (error as Error).message
  if (code === undefined) {
    return isOfFileSystem(error)
      ? new LedgerUnavailableError(operation, `${path}: ${message}`, { cause: error })
      : error
  }
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB
    ? new LedgerCorruptedError(path, message, { cause: error })
    : new LedgerUnavailableError(operation, `${path}: ${message}`, {
        cause: error,
        ...(HELP[code] && { help: HELP[code] }),
      })
}

/** Whether Node's file system threw the error. */
function isOfFileSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

import { InvalidOptionError } from '../../errors.ts'
import { checkNanos } from '../../usd.ts'
import { read } from '../books/read.ts'
import { renew } from '../books/renew.ts'
import { reserve } from '../books/reserve.ts'
import { setLimit } from '../books/set-limit.ts'
import { settle } from '../books/settle.ts'
import { checkClaims, checkLeaseMs, checkLimitChange, checkReserveRequest } from '../check-request.ts'
import type { Ledger } from '../ledger.ts'
import { LedgerUnavailableError } from '../ledger-unavailable-error.ts'
import { GroupCommit } from './group-commit.ts'
import { openDatabase } from './open-database.ts'
import { SqliteBooks } from './sqlite-books.ts'

export type SqliteLedgerOptions = {
  /**
   * `full` (default): what is answered survives a power cut. `normal`: it survives the end of any process, but the last
   * moments before a power cut may be missing; several times faster on most disks.
   */
  readonly synchronous?: 'full' | 'normal'
  /** How long an operation waits for the file while other processes use it. Milliseconds, default 5,000. */
  readonly waitMs?: number
  /** How long a hold that ended is kept, to recognise a second settlement. Milliseconds, default 21,600,000 (6 hours). */
  readonly rememberMs?: number
  /** Epoch milliseconds. Default `Date.now`. */
  readonly now?: () => number
  /** From 0 to 1; spreads the retries of processes that wait for the file. Default `Math.random`. */
  readonly random?: () => number
}

/**
 * Counts in a file that any number of processes of one machine share (not over a network file system: SQLite's locks do
 * not hold there). Calls that come in the same turn of the event loop share one transaction.
 *
 * @throws InvalidOptionError for an option that cannot be used.
 * @throws LedgerCorruptedError when the file is damaged, of a newer version, or not a ledger; it is left as it is.
 * @throws LedgerUnavailableError when it cannot be opened. Operations reject with the last two as well.
 * @example new BudgetBreaker({ ledger: sqliteLedger('.data/ledger.db'), limitUsd: 50, period: 'month' })
 */
export function sqliteLedger(path: string, options: SqliteLedgerOptions = {}): Ledger {
  const { synchronous = 'full', waitMs = 5000, rememberMs = 6 * 3_600_000 } = options
  const { now = Date.now, random = Math.random } = options
  checkOptions(path, synchronous, waitMs, rememberMs)

  const database = openDatabase(path, synchronous)
  const books = new SqliteBooks(database, { clock: now, rememberMs })
  const group = new GroupCommit(database, books, { path, waitMs, random })
  let isClosed = false

  return {
    async reserve(request) {
      checkReserveRequest(request)
      return await run('reserve', (books) => reserve(books, request))
    },
    async settle(hold, amountNanos) {
      checkNanos(amountNanos, 'amountNanos')
      return await run('settle', (books) => settle(books, hold, amountNanos))
    },
    async renew(holds, leaseMs) {
      checkLeaseMs(leaseMs)
      return await run('renew leases', (books) => renew(books, holds, leaseMs))
    },
    async read(claims, atMs) {
      checkClaims(claims)
      return await run('read', (books) => read(books, claims, atMs))
    },
    async setLimit(change) {
      checkLimitChange(change)
      await run('set a limit', (books) => setLimit(books, change))
    },
    async close() {
      if (isClosed) return
      isClosed = true
      await group.idle()
      database.close()
    },
  }

  function run<Result>(operation: string, work: (books: SqliteBooks) => Result): Promise<Result> {
    if (isClosed) return Promise.reject(new LedgerUnavailableError(operation, `${path} was closed`))
    return group.run(operation, work)
  }
}

function checkOptions(path: string, synchronous: string, waitMs: number, rememberMs: number): void {
  if (typeof path !== 'string' || path === '') throw new InvalidOptionError('path', path, 'the path of a file')
  if (synchronous !== 'full' && synchronous !== 'normal') {
    throw new InvalidOptionError('synchronous', synchronous, "'full' or 'normal'")
  }
  if (!(waitMs >= 0 && waitMs <= 3_600_000)) {
    throw new InvalidOptionError('waitMs', waitMs, 'milliseconds from 0 to 3,600,000')
  }
  if (!(rememberMs >= 60_000 && rememberMs <= 31 * 86_400_000)) {
    throw new InvalidOptionError('rememberMs', rememberMs, 'milliseconds from 60,000 to 2,678,400,000 (31 days)')
  }
}

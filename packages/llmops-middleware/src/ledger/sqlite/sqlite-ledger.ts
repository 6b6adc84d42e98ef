import { type ChecksOf, checkOptions, checkValue, func, milliseconds, oneOf, required, text } from '../../check.ts'
import { ZERO } from '../../usd.ts'
import { read } from '../books/read.ts'
import { renew } from '../books/renew.ts'
import { reserve } from '../books/reserve.ts'
import { setLimit } from '../books/set-limit.ts'
import { settle } from '../books/settle.ts'
import { checkClaims, checkLeaseMs, checkLimitChange, checkReserveRequest, checkSettlement } from '../check-request.ts'
import type { Ledger } from '../ledger.ts'
import { LedgerUnavailableError } from '../ledger-unavailable-error.ts'
import { steadyClock } from '../steady-clock.ts'
import { GroupCommit } from './group-commit.ts'
import { openDatabase } from './open-database.ts'
import { SqliteBooks } from './sqlite-books.ts'

/** How safely a ledger in SQLite writes, and how long it waits and remembers. */
export type SqliteLedgerOptions = {
  /**
   * - `full`: each operation that has returned survives a power cut
   * - `normal`: it survives the end of any process, but operations just before a power cut may be lost; several times
   *   faster on most disks
   *
   * @default 'full'
   */
  readonly synchronous?: 'full' | 'normal' | undefined
  /** Milliseconds that an operation waits for the file while other processes use it, at most an hour. @default 5000 */
  readonly waitMs?: number | undefined
  /**
   * Milliseconds for which an ended hold is kept to recognise a second settlement: from a minute to 31 days.
   *
   * @default 21_600_000 (6 hours)
   */
  readonly rememberMs?: number | undefined
  /** Returns epoch milliseconds. @default the system clock; a jump of it takes effect after ten minutes */
  readonly now?: (() => number) | undefined
  /** Returns a number from 0 to 1; spreads the retries of processes that wait for the file. @default Math.random */
  readonly random?: (() => number) | undefined
}

export const SQLITE_LEDGER_OPTIONS: ChecksOf<SqliteLedgerOptions> = {
  synchronous: oneOf('full', 'normal'),
  waitMs: milliseconds(0, 3_600_000),
  rememberMs: milliseconds(60_000, 31 * 86_400_000),
  now: func,
  random: func,
}

const PATH = required({ ...text, accepts: 'the path of a file' })

/**
 * Counts in a file that any number of processes of one machine can share (but not on a network file system, where SQLite's
 * locks do not work). Calls of the same turn of the event loop share one transaction.
 *
 * @param path the path of the file, which is created if it does not exist
 * @throws InvalidOptionError for an option that cannot be used.
 * @throws LedgerCorruptedError when the file is damaged, has a newer version, or is not a ledger; it is left as it is.
 * @throws LedgerUnavailableError when it cannot be opened. Operations reject with these two errors as well.
 * @example new BudgetBreaker({ ledger: sqliteLedger('.data/ledger.db'), limitUsd: 50, period: 'month' })
 */
export function sqliteLedger(path: string, options: SqliteLedgerOptions = {}): Ledger {
  checkValue(path, PATH, 'path')
  checkOptions(options, SQLITE_LEDGER_OPTIONS)
  const { synchronous = 'full', waitMs = 5000, rememberMs = 6 * 3_600_000 } = options
  const { now = steadyClock(), random = Math.random } = options

  const database = openDatabase(path, synchronous)
  const books = new SqliteBooks(database, { clock: now, rememberMs })
  const group = new GroupCommit(database, books, { path, waitMs, random })
  let isClosed = false

  return {
    async reserve(request) {
      checkReserveRequest(request)
      return await run('reserve', (books) => reserve(books, request))
    },
    async settle(hold, amountNanos, unknownNanos = ZERO) {
      checkSettlement(amountNanos, unknownNanos)
      return await run('settle', (books) => settle(books, hold, amountNanos, unknownNanos))
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
    bound: () =>
      `Ledger: SQLite in ${path}. It lasts as long as that file: where a restart, a move or a deployment starts with an ` +
      'empty disk, as with the local disk of a container or of an App Service instance, every account starts from $0.' +
      (synchronous === 'full' ? '' : ' With `synchronous: normal`, spend counted just before a power cut may be lost.'),
  }

  function run<Result>(operation: string, work: (books: SqliteBooks) => Result): Promise<Result> {
    if (isClosed) return Promise.reject(new LedgerUnavailableError(operation, `${path} was closed`))
    return group.run(operation, work)
  }
}

import { type ChecksOf, checkOptions, func, whole } from '../../check.ts'
import { type Nanos, ZERO } from '../../usd.ts'
import { MemoryBooks } from '../books/memory-books.ts'
import { read } from '../books/read.ts'
import { renew } from '../books/renew.ts'
import { reserve } from '../books/reserve.ts'
import { setLimit } from '../books/set-limit.ts'
import { settle } from '../books/settle.ts'
import { checkClaims, checkLeaseMs, checkLimitChange, checkReserveRequest, checkSettlement } from '../check-request.ts'
import type { AccountState, Claim, Hold, Ledger, ReserveRequest, ReserveResult, SettleResult } from '../ledger.ts'
import { steadyClock } from '../steady-clock.ts'

/** How long a ledger in memory remembers, and its clock. */
export type MemoryLedgerOptions = {
  /** How many ended holds are kept to recognise a second settlement; 10,000 take about 2 MB. @default 10_000 */
  readonly rememberedHolds?: number | undefined
  /** Returns epoch milliseconds. @default the system clock; a jump of it takes effect after ten minutes */
  readonly now?: (() => number) | undefined
}

export const MEMORY_LEDGER_OPTIONS: ChecksOf<MemoryLedgerOptions> = { rememberedHolds: whole(1, 10_000_000), now: func }

/** Returns synchronously, so that a caller need not wait for a turn of the event loop. */
export interface MemoryLedger extends Ledger {
  /** Holds the first offer that every claim can pay, or says which claim cannot. */
  reserve(request: ReserveRequest): ReserveResult
  settle(hold: Hold, amountNanos: Nanos, unknownNanos?: Nanos): SettleResult
  /**
   * Renews the leases, and returns how many were renewed.
   *
   * @param holds open reservations
   * @param leaseMs how long they last from now, in milliseconds
   */
  renew(holds: readonly Hold[], leaseMs: number): number
  /**
   * Returns the accounts in the period that contains `atMs`.
   *
   * @param claims the accounts
   * @param atMs a moment of the period, in epoch milliseconds; the current one if left out
   */
  read(claims: readonly Claim[], atMs?: number): readonly AccountState[]
}

/**
 * Counts in the memory of this process and starts from zero: for a single process, for tests, for trying things out.
 *
 * A second settlement is recognised while the hold is among the last `rememberedHolds` that ended (`duplicate`); later it
 * is `unknown`. Neither changes anything.
 *
 * @throws InvalidOptionError for an option, an amount or a name that cannot be used.
 * @example new BudgetBreaker({ ledger: memoryLedger(), limitUsd: 50, period: 'month' })
 */
export function memoryLedger(options: MemoryLedgerOptions = {}): MemoryLedger {
  checkOptions(options, MEMORY_LEDGER_OPTIONS)
  const { rememberedHolds = 10_000, now = steadyClock() } = options
  const books = new MemoryBooks(now, rememberedHolds)

  return {
    reserve(request) {
      checkReserveRequest(request)
      return reserve(books, request)
    },
    settle(hold, amountNanos, unknownNanos = ZERO) {
      checkSettlement(amountNanos, unknownNanos)
      return settle(books, hold, amountNanos, unknownNanos)
    },
    renew(holds, leaseMs) {
      checkLeaseMs(leaseMs)
      return renew(books, holds, leaseMs)
    },
    read(claims, atMs) {
      checkClaims(claims)
      return read(books, claims, atMs)
    },
    setLimit(change) {
      checkLimitChange(change)
      setLimit(books, change)
    },
    close() {},
    bound: () =>
      'Ledger: in the memory of this process. It starts at $0 with the process, and each process with such a ledger can ' +
      'spend the whole limit.',
  }
}

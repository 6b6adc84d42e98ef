import { shareUse } from '../../last-user.ts'
import { isPromise, type MaybePromise } from '../../pipeline.ts'
import type { Timing } from '../../timing.ts'
import { type Nanos, ZERO } from '../../usd.ts'
import type {
  AccountState,
  Claim,
  Hold,
  Ledger,
  LimitChange,
  ReserveRequest,
  ReserveResult,
  SettleResult,
} from '../ledger.ts'
import { LedgerCorruptedError } from '../ledger-corrupted-error.ts'
import { LedgerUnavailableError } from '../ledger-unavailable-error.ts'
import { warnOfLedger } from '../ledger-warning.ts'
import type { JournalFolder } from './journal-folder.ts'
import { OutageLedger } from './outage-ledger.ts'
import { SettlementJournal } from './settlement-journal.ts'

export type OutageOptions = Pick<Timing, 'epochMs' | 'monotonicMs' | 'repeat'> & {
  /** Whether calls are admitted while the ledger does not answer. */
  readonly isOpen: boolean
  readonly folder: JournalFolder | undefined
  /** Called for each settlement that reached the ledger late. */
  readonly onSettled: (result: SettleResult) => void
}

/** While the ledger fails, one call per this many milliseconds checks whether it answers again. */
const RETRY_MS = 1000

/**
 * Wraps a ledger that may fail. Settlements are never lost: they go to a journal and are repeated. While the ledger fails,
 * new calls are refused (closed) or counted by this process alone from what it last knew (open).
 */
export class OutageTolerantLedger implements Ledger {
  readonly #ledger: Ledger
  readonly #endUse: () => Promise<void>
  readonly #isOpen: boolean
  readonly #monotonicMs: () => number
  readonly #journal: SettlementJournal
  readonly #outage: OutageLedger
  #retryAtMs = 0

  constructor(ledger: Ledger, { isOpen, epochMs, monotonicMs, ...journal }: OutageOptions) {
    const outage = new OutageLedger(epochMs)
    this.#ledger = ledger
    this.#endUse = shareUse(ledger)
    this.#isOpen = isOpen
    this.#monotonicMs = monotonicMs
    this.#outage = outage
    this.#journal = new SettlementJournal(ledger, { ...journal, openHolds: () => outage.openHolds })
    ledger.onSettled?.(journal.onSettled)
  }

  reserve(request: ReserveRequest): MaybePromise<ReserveResult> {
    if (this.#retryAtMs > 0) {
      const nowMs = this.#monotonicMs()
      if (nowMs < this.#retryAtMs) return this.#reserveHere(request)
      this.#retryAtMs = nowMs + RETRY_MS
    }
    const result = this.#ledger.reserve(request)
    return isPromise(result) ? this.#whenAnswered(request, result) : result
  }

  async #whenAnswered(request: ReserveRequest, answer: Promise<ReserveResult>): Promise<ReserveResult> {
    try {
      const result = await answer
      if (this.#isOpen) this.#outage.remember(request.claims, result.accounts)
      if (this.#retryAtMs > 0) this.#endOutage()
      return result
    } catch (error) {
      warnOfCorruption(error)
      if (!this.#isOpen || !LedgerUnavailableError.isInstance(error) || this.#journal.isFull) throw error
      this.#retryAtMs = this.#monotonicMs() + RETRY_MS
      return this.#reserveHere(request)
    }
  }

  #reserveHere(request: ReserveRequest): ReserveResult {
    if (this.#journal.isFull) throw new LedgerUnavailableError('reserve', 'its journal is full')
    // With another id, because the ledger may have held the money under the first one, and releases that on its own.
    const result = this.#outage.reserve({ ...request, id: `${request.id}-journaled` })
    if (result.granted)
      this.#journal.record(result.hold, request.leaseEnd === 'charge' ? result.hold.amountNanos : ZERO)
    return result
  }

  /** Holds that were granted during an outage have no lease. */
  endsByLease(hold: Hold): boolean {
    return !this.#outage.has(hold) && (this.#ledger.endsByLease?.(hold) ?? true)
  }

  settle(hold: Hold, amountNanos: Nanos, unknownNanos = ZERO): MaybePromise<SettleResult> {
    if (!this.#outage.has(hold)) return this.#journal.settleOrKeep(hold, amountNanos, unknownNanos)
    this.#outage.settle(hold, amountNanos, unknownNanos)
    return this.#journal.keep(hold, amountNanos, unknownNanos)
  }

  read(claims: readonly Claim[], atMs?: number): MaybePromise<readonly AccountState[]> {
    const states = this.#ledger.read(claims, atMs)
    if (!this.#isOpen || !isPromise(states)) return states
    return states.catch((error: unknown) => {
      if (LedgerUnavailableError.isInstance(error)) return this.#outage.read(claims)
      throw error
    })
  }

  renew(holds: readonly Hold[], leaseMs: number): MaybePromise<number> {
    const known = holds.filter((hold) => !this.#outage.has(hold))
    return known.length === 0 ? holds.length : this.#ledger.renew(known, leaseMs)
  }

  setLimit(change: LimitChange): MaybePromise<void> {
    return this.#ledger.setLimit(change)
  }

  bound(): string | undefined {
    return this.#ledger.bound?.()
  }

  async close(): Promise<void> {
    await this.#journal.close()
    await this.#endUse()
  }

  #endOutage(): void {
    this.#retryAtMs = 0
    this.#outage.end()
    void this.#journal.replay()
  }
}

/** Warns the operator, because the caller gets the error but logs at most its code. */
function warnOfCorruption(error: unknown): void {
  if (LedgerCorruptedError.isInstance(error)) warnOfLedger(error.code, error.message)
}

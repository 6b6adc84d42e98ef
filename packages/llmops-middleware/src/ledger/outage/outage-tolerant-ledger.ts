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
  /** Told of settlements that reached the ledger later than they came. */
  readonly onSettled: (result: SettleResult) => void
}

/** While the ledger is down, one call in so many milliseconds waits to see whether it is back. */
const ASK_AGAIN_MS = 1000

/**
 * A ledger that may fail, and the rule for when it does. Settlements are never lost: they are journaled and told again.
 * New calls are refused (closed), or counted by this process alone (open) from what it last knew.
 */
export class OutageTolerantLedger implements Ledger {
  readonly #ledger: Ledger
  readonly #leave: () => Promise<void>
  readonly #isOpen: boolean
  readonly #monotonicMs: () => number
  readonly #journal: SettlementJournal
  readonly #outage: OutageLedger
  #askAgainAtMs = 0

  constructor(ledger: Ledger, { isOpen, epochMs, monotonicMs, ...journal }: OutageOptions) {
    const outage = new OutageLedger(epochMs)
    this.#ledger = ledger
    this.#leave = shareUse(ledger)
    this.#isOpen = isOpen
    this.#monotonicMs = monotonicMs
    this.#outage = outage
    this.#journal = new SettlementJournal(ledger, { ...journal, openHolds: () => outage.openHolds })
    ledger.onSettled?.(journal.onSettled)
  }

  reserve(request: ReserveRequest): MaybePromise<ReserveResult> {
    if (this.#askAgainAtMs > 0) {
      const nowMs = this.#monotonicMs()
      if (nowMs < this.#askAgainAtMs) return this.#reserveHere(request)
      this.#askAgainAtMs = nowMs + ASK_AGAIN_MS
    }
    const result = this.#ledger.reserve(request)
    return isPromise(result) ? this.#whenAnswered(request, result) : result
  }

  async #whenAnswered(request: ReserveRequest, answer: Promise<ReserveResult>): Promise<ReserveResult> {
    try {
      const result = await answer
      if (this.#isOpen) this.#outage.remember(request.claims, result.accounts)
      if (this.#askAgainAtMs > 0) this.#isBack()
      return result
    } catch (error) {
      tellOperator(error)
      if (!this.#isOpen || !LedgerUnavailableError.isInstance(error) || this.#journal.isFull) throw error
      this.#askAgainAtMs = this.#monotonicMs() + ASK_AGAIN_MS
      return this.#reserveHere(request)
    }
  }

  #reserveHere(request: ReserveRequest): ReserveResult {
    if (this.#journal.isFull) throw new LedgerUnavailableError('reserve', 'its journal is full')
    // Another id: the ledger may have held the money under the first one, and takes that back by itself.
    const result = this.#outage.reserve({ ...request, id: `${request.id}-journaled` })
    if (result.granted) this.#journal.note(result.hold, request.leaseEnd === 'charge' ? result.hold.amountNanos : ZERO)
    return result
  }

  /** What was held while the ledger did not answer has no lease. */
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
    await this.#leave()
  }

  #isBack(): void {
    this.#askAgainAtMs = 0
    this.#outage.end()
    void this.#journal.replay()
  }
}

/** A caller is told of it, and logs at most the code. */
function tellOperator(error: unknown): void {
  if (LedgerCorruptedError.isInstance(error)) warnOfLedger(error.code, error.message)
}

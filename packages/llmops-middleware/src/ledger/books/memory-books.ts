import { ZERO } from '../../usd.ts'
import type { Hold } from '../ledger.ts'
import type { Period } from '../period.ts'
import { type Account, createAccount, isForgettable, SMALL_STEP_MS } from './account.ts'
import type { Books, ClosedState, HoldRecord } from './books.ts'
import { LeaseQueue } from './lease-queue.ts'

const SWEEP_EVERY_MS = 3_600_000

/** One record for all settled holds, to save memory: only their state is read. */
const SETTLED: HoldRecord = {
  hold: { id: '', amountNanos: ZERO, reservedAtMs: 0, accounts: [] },
  offer: 0,
  leaseMs: 0,
  leaseEnd: 'charge',
  leaseEndsAtMs: 0,
  state: 'settled',
}

/**
 * Books in maps, of bounded size: the last `rememberedHolds` ended holds are kept, and an account is dropped once the
 * period after its last one is over.
 */
export class MemoryBooks implements Books {
  readonly #clock: () => number
  /** Keyed by period (its name or its length), then by account. */
  readonly #accounts = new Map<string | number, Map<string, Account>>()
  readonly #holds = new Map<string, HoldRecord>()
  readonly #leases = new LeaseQueue()
  /** Ring buffers of the ended holds and of their reservation times; the newest replaces the oldest. */
  readonly #endedIds: (string | undefined)[]
  readonly #endedReservedAtMs: Float64Array
  #nextEnded = 0
  #forgottenUntilMs = Number.NEGATIVE_INFINITY
  #nowMs = Number.NEGATIVE_INFINITY
  #sweptAtMs = Number.NEGATIVE_INFINITY
  #nextSweepMs = Number.NEGATIVE_INFINITY

  constructor(clock: () => number, rememberedHolds: number) {
    this.#clock = clock
    this.#endedIds = new Array(rememberedHolds).fill(undefined)
    this.#endedReservedAtMs = new Float64Array(rememberedHolds)
  }

  nowMs(): number {
    const nowMs = this.#clock()
    if (nowMs > this.#nowMs) this.#nowMs = nowMs
    else if (nowMs < this.#nowMs - SMALL_STEP_MS) this.#goBack(nowMs)
    if (this.#nowMs >= this.#nextSweepMs) this.#sweep()
    return this.#nowMs
  }

  findAccount(name: string, period: Period): Account | undefined {
    return this.#accounts.get(typeof period === 'object' ? period.rollingMs : period)?.get(name)
  }

  openAccount(name: string, period: Period, nowMs: number): Account {
    return this.findAccount(name, period) ?? this.#addAccount(name, period, nowMs)
  }

  findHold(id: string): HoldRecord | undefined {
    return this.#holds.get(id)
  }

  addHold(record: HoldRecord): void {
    if (record.state === 'open') {
      this.#holds.set(record.hold.id, record)
      this.#leases.add(record)
    } else {
      this.#holds.set(record.hold.id, SETTLED)
      this.#remember(record.hold)
    }
  }

  renewHold(record: HoldRecord, leaseMs: number, nowMs: number): void {
    this.#leases.remove(record)
    record.leaseMs = leaseMs
    record.leaseEndsAtMs = nowMs + leaseMs
    this.#leases.add(record)
  }

  closeHold(record: HoldRecord, state: ClosedState): void {
    if (record.state === 'open') {
      this.#leases.remove(record)
      this.#remember(record.hold)
    }
    record.state = state
    if (state === 'settled') this.#holds.set(record.hold.id, SETTLED)
  }

  expiredHolds(nowMs: number): readonly HoldRecord[] {
    return this.#leases.expired(nowMs)
  }

  forgottenUntilMs(): number {
    return this.#forgottenUntilMs
  }

  #remember({ id, reservedAtMs }: Hold): void {
    const position = this.#nextEnded
    const forgottenId = this.#endedIds[position]
    if (forgottenId !== undefined) {
      this.#holds.delete(forgottenId)
      this.#forgottenUntilMs = Math.max(this.#forgottenUntilMs, this.#endedReservedAtMs[position]!)
    }
    this.#endedIds[position] = id
    this.#endedReservedAtMs[position] = reservedAtMs
    this.#nextEnded = (position + 1) % this.#endedIds.length
  }

  #addAccount(name: string, period: Period, nowMs: number): Account {
    const key = typeof period === 'object' ? period.rollingMs : period
    const account = createAccount(name, period, nowMs)
    const accounts = this.#accounts.get(key)
    if (accounts === undefined) this.#accounts.set(key, new Map([[name, account]]))
    else accounts.set(name, account)
    return account
  }

  /** The clock was ahead, so the ends of leases are too late. */
  #goBack(nowMs: number): void {
    this.#nowMs = nowMs
    this.#sweptAtMs = this.#nextSweepMs = nowMs
    this.#leases.shorten(nowMs)
  }

  /** Uses the time of the previous sweep, so that a clock that jumps ahead for a moment drops nothing. */
  #sweep(): void {
    for (const accounts of this.#accounts.values()) {
      for (const [name, account] of accounts) {
        if (isForgettable(account, this.#sweptAtMs)) accounts.delete(name)
      }
    }
    this.#sweptAtMs = this.#nowMs
    this.#nextSweepMs = this.#nowMs + SWEEP_EVERY_MS
  }
}

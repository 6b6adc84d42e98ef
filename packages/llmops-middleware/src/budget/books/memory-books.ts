import type { Period } from '../period.ts'
import { type Account, createAccount, isForgettable } from './account.ts'
import type { Books, ClosedState, HoldRecord } from './books.ts'
import { LeaseQueue } from './lease-queue.ts'

const SWEEP_EVERY_MS = 3_600_000

/**
 * Books in maps. They stay small: of the holds that ended, the last `rememberedHolds` are kept; an account is dropped
 * once the period after its last one is over.
 */
export class MemoryBooks implements Books {
  readonly #clock: () => number
  /** By period (its name or its length), then by account. */
  readonly #accounts = new Map<string | number, Map<string, Account>>()
  readonly #holds = new Map<string, HoldRecord>()
  readonly #leases = new LeaseQueue()
  /** A ring of the holds that ended; the oldest makes room for the newest. */
  readonly #ended: (HoldRecord | undefined)[]
  #nextEnded = 0
  #forgottenUntilMs = Number.NEGATIVE_INFINITY
  #nowMs = Number.NEGATIVE_INFINITY
  #nextSweepMs = Number.NEGATIVE_INFINITY

  constructor(clock: () => number, rememberedHolds: number) {
    this.#clock = clock
    this.#ended = new Array(rememberedHolds).fill(undefined)
  }

  nowMs(): number {
    const nowMs = this.#clock()
    if (nowMs > this.#nowMs) this.#nowMs = nowMs
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
    this.#holds.set(record.hold.id, record)
    if (record.state === 'open') this.#leases.add(record)
    else this.#remember(record)
  }

  renewHold(record: HoldRecord, leaseMs: number, nowMs: number): void {
    this.#leases.remove(record)
    record.leaseMs = leaseMs
    record.leaseEndsAtMs = nowMs + leaseMs
    this.#leases.add(record)
  }

  closeHold(record: HoldRecord, state: ClosedState): void {
    const wasOpen = record.state === 'open'
    record.state = state
    if (!wasOpen) return
    this.#leases.remove(record)
    this.#remember(record)
  }

  expiredHolds(nowMs: number): readonly HoldRecord[] {
    return this.#leases.expired(nowMs)
  }

  forgottenUntilMs(): number {
    return this.#forgottenUntilMs
  }

  #remember(record: HoldRecord): void {
    const forgotten = this.#ended[this.#nextEnded]
    if (forgotten !== undefined) {
      this.#holds.delete(forgotten.hold.id)
      this.#forgottenUntilMs = Math.max(this.#forgottenUntilMs, forgotten.hold.reservedAtMs)
    }
    this.#ended[this.#nextEnded] = record
    this.#nextEnded = (this.#nextEnded + 1) % this.#ended.length
  }

  #addAccount(name: string, period: Period, nowMs: number): Account {
    const key = typeof period === 'object' ? period.rollingMs : period
    const account = createAccount(name, period, nowMs)
    const accounts = this.#accounts.get(key)
    if (accounts === undefined) this.#accounts.set(key, new Map([[name, account]]))
    else accounts.set(name, account)
    return account
  }

  #sweep(): void {
    this.#nextSweepMs = this.#nowMs + SWEEP_EVERY_MS
    for (const accounts of this.#accounts.values()) {
      for (const [name, account] of accounts) {
        if (isForgettable(account, this.#nowMs)) accounts.delete(name)
      }
    }
  }
}

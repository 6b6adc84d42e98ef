import type { DatabaseSync } from 'node:sqlite'

import { type Account, createAccount, SMALL_STEP_MS } from '../books/account.ts'
import type { Books, ClosedState, HoldRecord } from '../books/books.ts'
import { type Period, periodName } from '../period.ts'
import { AccountRows } from './account-rows.ts'
import { HoldRows } from './hold-rows.ts'

const SWEEP_EVERY_MS = 60_000

/**
 * Books in a file. Each transaction reads a record once and writes it once, at its end. Nothing is kept in memory between
 * transactions, because other processes write the same file.
 */
export class SqliteBooks implements Books {
  readonly #clock: () => number
  readonly #rememberMs: number
  readonly #accountRows: AccountRows
  readonly #holdRows: HoldRows
  readonly #accounts = new Map<string, Account | undefined>()
  readonly #holds = new Map<string, HoldRecord | undefined>()
  readonly #changedHolds = new Set<HoldRecord>()
  /** The time of the whole transaction. */
  #nowMs: number | undefined
  #hasResolvedLeases = false
  #latestMs: number | undefined
  #sweptAtMs = Number.NEGATIVE_INFINITY
  #nextSweepMs = Number.NEGATIVE_INFINITY

  constructor(database: DatabaseSync, options: { clock: () => number; rememberMs: number }) {
    this.#clock = options.clock
    this.#rememberMs = options.rememberMs
    this.#accountRows = new AccountRows(database)
    this.#holdRows = new HoldRows(database)
  }

  nowMs(): number {
    if (this.#nowMs === undefined) {
      const nowMs = Math.floor(this.#clock())
      // Another process may have used a clock that was ahead, before this process started.
      if (this.#latestMs === undefined || nowMs < this.#latestMs - SMALL_STEP_MS) this.#goBack(nowMs)
      this.#latestMs = Math.max(this.#latestMs ?? nowMs, nowMs)
      this.#nowMs = this.#latestMs
    }
    return this.#nowMs
  }

  findAccount(name: string, period: Period): Account | undefined {
    const key = `${periodName(period)} ${name}`
    if (this.#accounts.has(key)) return this.#accounts.get(key)
    const account = this.#accountRows.load(name, period, this.nowMs())
    this.#accounts.set(key, account)
    return account
  }

  openAccount(name: string, period: Period, nowMs: number): Account {
    const found = this.findAccount(name, period)
    if (found !== undefined) return found
    const account = createAccount(name, period, nowMs)
    this.#accounts.set(`${periodName(period)} ${name}`, account)
    return account
  }

  findHold(id: string): HoldRecord | undefined {
    if (this.#holds.has(id)) return this.#holds.get(id)
    const record = this.#holdRows.load(id)
    this.#holds.set(id, record)
    return record
  }

  addHold(record: HoldRecord): void {
    this.#holds.set(record.hold.id, record)
    this.#changedHolds.add(record)
  }

  renewHold(record: HoldRecord, leaseMs: number, nowMs: number): void {
    record.leaseMs = leaseMs
    record.leaseEndsAtMs = nowMs + leaseMs
    this.#changedHolds.add(record)
  }

  closeHold(record: HoldRecord, state: ClosedState): void {
    record.state = state
    this.#changedHolds.add(record)
  }

  expiredHolds(nowMs: number): readonly HoldRecord[] {
    // The time is the same during the transaction, so no further lease ends in it.
    if (this.#hasResolvedLeases) return []
    this.#hasResolvedLeases = true
    const expired = this.#holdRows.loadExpired(nowMs)
    for (const record of expired) this.#holds.set(record.hold.id, record)
    return expired
  }

  forgottenUntilMs(nowMs: number): number {
    return nowMs - this.#rememberMs
  }

  #goBack(nowMs: number): void {
    this.#latestMs = nowMs
    this.#sweptAtMs = Math.min(this.#sweptAtMs, nowMs)
    this.#nextSweepMs = Math.min(this.#nextSweepMs, nowMs)
    this.#holdRows.shortenLeases(nowMs)
  }

  /** Writes what has changed; the caller commits. */
  store(): void {
    const nowMs = this.nowMs()
    for (const account of this.#accounts.values()) {
      if (account?.hasChanged) this.#accountRows.store(account, nowMs)
    }
    for (const record of this.#changedHolds) this.#holdRows.store(record, nowMs)
    if (nowMs >= this.#nextSweepMs) {
      // Uses the time of the previous sweep, so that a clock that jumps ahead for a moment drops nothing.
      this.#holdRows.forget(this.#sweptAtMs - this.#rememberMs)
      this.#accountRows.forget(this.#sweptAtMs)
      this.#sweptAtMs = nowMs
      this.#nextSweepMs = nowMs + SWEEP_EVERY_MS
    }
    this.discard()
  }

  /** Forgets what was read; the caller rolls back. */
  discard(): void {
    this.#accounts.clear()
    this.#holds.clear()
    this.#changedHolds.clear()
    this.#nowMs = undefined
    this.#hasResolvedLeases = false
  }
}

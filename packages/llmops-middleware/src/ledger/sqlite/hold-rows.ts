import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { HoldRecord } from '../books/books.ts'
import type { Hold, LeaseEnd } from '../ledger.ts'

/** Bounds how long one transaction spends on deleting old holds. */
const FORGOTTEN_AT_ONCE = 1000

export class HoldRows {
  readonly #select: StatementSync
  readonly #selectExpired: StatementSync
  readonly #upsert: StatementSync
  readonly #shorten: StatementSync
  readonly #forget: StatementSync

  constructor(database: DatabaseSync) {
    this.#select = database.prepare('SELECT * FROM hold WHERE id = ?')
    this.#selectExpired = database.prepare("SELECT * FROM hold WHERE state = 'open' AND lease_ends_at_ms <= ?")
    this.#upsert = database.prepare(`
      INSERT INTO hold (id, hold, offer, on_lease_end, lease_ms, lease_ends_at_ms, state, ended_at_ms)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET
        lease_ms = excluded.lease_ms, lease_ends_at_ms = excluded.lease_ends_at_ms,
        state = excluded.state, ended_at_ms = excluded.ended_at_ms`)
    this.#shorten = database.prepare(`
      UPDATE hold SET lease_ends_at_ms = ? + lease_ms WHERE state = 'open' AND lease_ends_at_ms > ? + lease_ms`)
    this.#forget = database.prepare(`
      DELETE FROM hold WHERE id IN (
        SELECT id FROM hold WHERE state <> 'open' AND ended_at_ms < ? LIMIT ${FORGOTTEN_AT_ONCE})`)
  }

  load(id: string): HoldRecord | undefined {
    const row = this.#select.get(id)
    return row === undefined ? undefined : recordOf(row as HoldRow)
  }

  loadExpired(nowMs: number): HoldRecord[] {
    return this.#selectExpired.all(nowMs).map((row) => recordOf(row as HoldRow))
  }

  store(record: HoldRecord, nowMs: number): void {
    const { hold, offer, leaseEnd, leaseMs, leaseEndsAtMs, state } = record
    const endedAtMs = state === 'open' ? null : nowMs
    this.#upsert.run(hold.id, JSON.stringify(hold), offer, leaseEnd, leaseMs, leaseEndsAtMs, state, endedAtMs)
  }

  /** After the clock was set back: no lease may end later than its full length from now. */
  shortenLeases(nowMs: number): void {
    this.#shorten.run(nowMs, nowMs)
  }

  forget(endedBeforeMs: number): void {
    this.#forget.run(endedBeforeMs)
  }
}

type HoldRow = {
  readonly hold: string
  readonly offer: number
  readonly on_lease_end: LeaseEnd
  readonly lease_ms: number
  readonly lease_ends_at_ms: number
  readonly state: HoldRecord['state']
}

function recordOf(row: HoldRow): HoldRecord {
  return {
    hold: JSON.parse(row.hold) as Hold,
    offer: row.offer,
    leaseEnd: row.on_lease_end,
    leaseMs: row.lease_ms,
    leaseEndsAtMs: row.lease_ends_at_ms,
    state: row.state,
  }
}

import { ZERO } from '../../usd.ts'
import { formerAccounts } from '../former-accounts.ts'
import type { Hold, ReserveRequest } from '../ledger.ts'
import { periodStartMs } from '../period.ts'

/** Bounds the memory of a long outage; what is dropped is resolved when its lease ends. */
const MOST_REMEMBERED = 10_000
const TAKEN_BACK_AT_ONCE = 50

/**
 * Reservations whose answer never came. Redis may have held the money or may yet do so; nobody will spend it. They are
 * settled with 0 when Redis answers again, which also keeps one that is still on its way from holding anything.
 */
export class LostReservations {
  readonly #lost = new Map<string, Hold>()

  add(request: ReserveRequest, nowMs: number): void {
    if (this.#lost.size >= MOST_REMEMBERED) return
    const claims = [...request.claims, ...formerAccounts(request.claims)]
    const accounts = claims.map((claim) => ({ ...claim, periodStartMs: periodStartMs(claim.period, nowMs) }))
    this.#lost.set(request.id, { id: request.id, amountNanos: ZERO, reservedAtMs: nowMs, accounts })
  }

  /** The caller asks again, with the same id: then it must not be taken back. */
  forget(id: string): void {
    if (this.#lost.size > 0) this.#lost.delete(id)
  }

  /** Some of those to take back now; they are no longer remembered. */
  take(): Hold[] {
    if (this.#lost.size === 0) return []
    const holds = [...this.#lost.values()].slice(0, TAKEN_BACK_AT_ONCE)
    for (const { id } of holds) this.#lost.delete(id)
    return holds
  }

  takeAll(): Hold[] {
    const holds = [...this.#lost.values()]
    this.#lost.clear()
    return holds
  }

  putBack(hold: Hold): void {
    this.#lost.set(hold.id, hold)
  }
}

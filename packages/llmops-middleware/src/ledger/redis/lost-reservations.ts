import { ZERO } from '../../usd.ts'
import { formerAccounts } from '../former-accounts.ts'
import type { Hold, ReserveRequest } from '../ledger.ts'
import { periodStartMs } from '../period.ts'

/** Bounds the memory of a long outage. Reservations beyond it are resolved when their lease ends. */
const MAX_REMEMBERED = 10_000
const RELEASED_AT_ONCE = 50

/**
 * Reservations whose reply never came. Redis may hold the money, or may still do so, although no call will spend it. They
 * are settled with 0 when Redis answers again, which also prevents a request that is still on its way from holding.
 */
export class LostReservations {
  readonly #lost = new Map<string, Hold>()

  add(request: ReserveRequest, nowMs: number): void {
    if (this.#lost.size >= MAX_REMEMBERED) return
    const claims = [...request.claims, ...formerAccounts(request.claims)]
    const accounts = claims.map((claim) => ({ ...claim, periodStartMs: periodStartMs(claim.period, nowMs) }))
    this.#lost.set(request.id, { id: request.id, amountNanos: ZERO, reservedAtMs: nowMs, accounts })
  }

  /** Removes a reservation because the caller retries it with the same id, so it must not be released. */
  forget(id: string): void {
    if (this.#lost.size > 0) this.#lost.delete(id)
  }

  /** Removes and returns some reservations to release now. */
  take(): Hold[] {
    if (this.#lost.size === 0) return []
    const holds = [...this.#lost.values()].slice(0, RELEASED_AT_ONCE)
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

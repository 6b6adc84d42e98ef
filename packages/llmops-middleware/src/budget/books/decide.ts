import type { Offer } from '../ledger.ts'

/** What a decision needs to know of an account. */
export type Standing = {
  readonly limitNanos: number
  readonly spentNanos: number
  readonly heldNanos: number
  readonly openHolds: number
}

export type Decision =
  | { readonly granted: true; readonly offer: number; readonly amountNanos: number }
  | { readonly granted: false; readonly refusedBy: number; readonly reason: 'spent' | 'held' }

/** The first offer that every account can pay, clamped to what is there. `redis/reserve.lua` decides the same way. */
export function decide(standings: readonly Standing[], offers: readonly Offer[], contendedShare: number): Decision {
  let refusedBy = 0
  let reason: 'spent' | 'held' | undefined

  for (let index = 0; index < offers.length; index += 1) {
    const offer = offers[index]!
    let amountNanos: number = offer.amountNanos
    reason = undefined

    for (let claim = 0; claim < standings.length; claim += 1) {
      const standing = standings[claim]!
      const isClosed = offer.belowShare !== undefined && standing.spentNanos >= offer.belowShare * standing.limitNanos
      // What costs nothing fits wherever it is not closed, past the limit too.
      if (offer.amountNanos === 0 && !isClosed) continue
      const unspentNanos = standing.limitNanos - standing.spentNanos
      const availableNanos = unspentNanos - standing.heldNanos

      if (isClosed || unspentNanos < offer.floorNanos) {
        refusedBy = claim
        reason = 'spent'
        break
      }
      if (availableNanos < offer.floorNanos) {
        if (reason === undefined) refusedBy = claim
        reason = 'held'
        continue
      }
      const mostNanos =
        standing.openHolds > 0
          ? Math.max(offer.floorNanos, Math.floor(availableNanos * contendedShare))
          : availableNanos
      if (mostNanos < amountNanos) amountNanos = mostNanos
    }
    if (reason === undefined) return { granted: true, offer: index, amountNanos }
  }
  return { granted: false, refusedBy, reason: reason ?? 'spent' }
}

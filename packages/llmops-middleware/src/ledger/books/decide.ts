import type { Offer, ReserveRequest } from '../ledger.ts'

/** The figures of an account that a decision uses. */
export type Standing = {
  readonly limitNanos: number
  readonly spentNanos: number
  readonly heldNanos: number
}

export type Decision =
  | { readonly granted: true; readonly offer: number; readonly amountNanos: number }
  | { readonly granted: false; readonly refusedBy: number; readonly reason: 'spent' | 'held' }

type Rules = Pick<ReserveRequest, 'offers' | 'contendedShare' | 'whenHeld'>

/** Returns the first offer that every account can pay, clamped to what is available. Same logic as `redis/reserve.lua`. */
export function decide(standings: readonly Standing[], { offers, contendedShare, whenHeld }: Rules): Decision {
  const waits = whenHeld === 'wait'
  let refusedBy = 0
  let reason: 'spent' | 'held' | undefined

  for (let index = 0; index < offers.length; index += 1) {
    const offer = offers[index]!
    let amountNanos: number = offer.amountNanos
    reason = undefined

    for (let claim = 0; claim < standings.length; claim += 1) {
      const standing = standings[claim]!
      const isUnavailable = isClosed(offer, standing, contendedShare)
      // An offer of 0 fits past the limit too, unless it is closed.
      if (offer.amountNanos === 0 && !isUnavailable) continue
      const unspentNanos = standing.limitNanos - standing.spentNanos
      if (isUnavailable || unspentNanos < offer.floorNanos) {
        refusedBy = claim
        reason = 'spent'
        break
      }
      const isContended = standing.heldNanos > 0
      const availableNanos = unspentNanos - standing.heldNanos
      const mostNanos = isContended
        ? Math.max(offer.floorNanos, Math.floor(availableNanos * contendedShare))
        : availableNanos
      if (availableNanos < offer.floorNanos || (waits && isContended && mostNanos < offer.amountNanos)) {
        if (reason === undefined) refusedBy = claim
        reason = 'held'
      } else if (mostNanos < amountNanos) amountNanos = mostNanos
    }
    if (reason === undefined) return { granted: true, offer: index, amountNanos }
    // A caller that can wait waits for this offer rather than take the next one.
    if (reason === 'held' && waits) break
  }
  return { granted: false, refusedBy, reason: reason ?? 'spent' }
}

function isClosed(offer: Offer, { limitNanos, spentNanos, heldNanos }: Standing, contendedShare: number): boolean {
  const { amountNanos, belowShare, leavesNanos } = offer
  if (belowShare !== undefined && spentNanos >= belowShare * limitNanos) return true
  if (leavesNanos === undefined || amountNanos === 0) return false
  const availableNanos = limitNanos - spentNanos - heldNanos
  const mostNanos = heldNanos > 0 ? availableNanos * contendedShare : availableNanos
  return mostNanos < amountNanos || availableNanos - amountNanos < leavesNanos
}

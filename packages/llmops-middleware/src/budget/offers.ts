import type { RateCard } from '../pricing/rate-card.ts'
import type { Nanos } from '../usd.ts'
import type { Offer } from './ledger.ts'
import type { BudgetSettings } from './options.ts'

export type CallSize = {
  readonly model: string
  /** Never below what the provider will count. */
  readonly inputTokens: number
  /** Undefined when the request names no cap; then the budget sets one. */
  readonly maxOutputTokens?: number | undefined
}

/** A way to make the call: on which model, with which cap, for which worst case. */
export type PricedOffer = { readonly model: string; readonly maxOutputTokens: number; readonly offer: Offer }

/** Up to this share of a limit a call may be held at an estimate; what is left after it is the reserve for surprises. */
export const ESTIMATE_BELOW = 0.8

/**
 * What is tried in order: the model that was asked for while the tenant is below its downshift share, then the cheaper
 * one. Each can be clamped to what the remainder buys, down to a useful minimum.
 *
 * @param likelyTokens how long an answer of a model is likely to be, where that may be held instead of the worst case
 */
export function offersFor(
  call: CallSize,
  settings: BudgetSettings,
  rateCard: RateCard,
  likelyTokens?: (model: string) => number | undefined,
): PricedOffer[] {
  const { downshiftModel, downshiftAt } = settings
  const likely = likelyTokens?.(call.model)
  const canDownshift = downshiftModel !== undefined && downshiftModel !== call.model
  const offers = [priced(call.model, call, settings, rateCard, canDownshift ? downshiftAt : undefined)]
  if (likely !== undefined) offers.unshift(estimated(offers[0]!, likely, call, rateCard))
  if (canDownshift) offers.push(priced(downshiftModel, call, settings, rateCard))
  return offers
}

/** Held for less than its worst case, and asked for with the same cap. */
function estimated(
  { model, maxOutputTokens, offer }: PricedOffer,
  likelyTokens: number,
  { inputTokens }: CallSize,
  rateCard: RateCard,
): PricedOffer {
  const tokens = Math.min(likelyTokens, maxOutputTokens)
  const amountNanos = rateCard.worstCaseNanos(model, { inputTokens, maxOutputTokens: tokens })
  const belowShare = Math.min(offer.belowShare ?? 1, ESTIMATE_BELOW)
  // All or nothing: clamping is for the worst case, which the next offer is.
  return { model, maxOutputTokens, offer: { amountNanos, floorNanos: amountNanos, belowShare } }
}

/** The cap that a granted amount pays for. */
export function capFor(
  { model, maxOutputTokens, offer }: PricedOffer,
  call: CallSize,
  granted: Nanos,
  rateCard: RateCard,
): number {
  if (granted === offer.amountNanos) return maxOutputTokens
  return Math.min(maxOutputTokens, rateCard.affordableOutputTokens(model, call.inputTokens, granted))
}

function priced(
  model: string,
  { inputTokens, maxOutputTokens: asked }: CallSize,
  { defaultMaxOutputTokens, minOutputTokens }: BudgetSettings,
  rateCard: RateCard,
  belowShare?: number,
): PricedOffer {
  const possible = rateCard.maxOutputTokens(model) ?? Number.POSITIVE_INFINITY
  const maxOutputTokens = Math.min(asked ?? defaultMaxOutputTokens, possible)
  const amountNanos = rateCard.worstCaseNanos(model, { inputTokens, maxOutputTokens })
  const floorTokens = Math.min(minOutputTokens, maxOutputTokens)
  const floorNanos = rateCard.worstCaseNanos(model, { inputTokens, maxOutputTokens: floorTokens })
  const offer: Offer = belowShare === undefined ? { amountNanos, floorNanos } : { amountNanos, floorNanos, belowShare }
  return { model, maxOutputTokens, offer }
}

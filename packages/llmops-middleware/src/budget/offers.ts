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

/**
 * What is tried in order: the model that was asked for while the tenant is below its downshift share, then the cheaper
 * one. Each can be clamped to what the remainder buys, down to a useful minimum.
 */
export function offersFor(call: CallSize, settings: BudgetSettings, rateCard: RateCard): PricedOffer[] {
  const { downshiftModel, downshiftAt } = settings
  if (downshiftModel === undefined || downshiftModel === call.model)
    return [priced(call.model, call, settings, rateCard)]
  return [priced(call.model, call, settings, rateCard, downshiftAt), priced(downshiftModel, call, settings, rateCard)]
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
  const offer = belowShare === undefined ? { amountNanos, floorNanos } : { amountNanos, floorNanos, belowShare }
  return { model, maxOutputTokens, offer }
}

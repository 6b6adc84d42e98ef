import type { Offer } from '../ledger/index.ts'
import type { BillingTerms, RateCard } from '../pricing/index.ts'
import type { Nanos } from '../usd.ts'
import { cheaperModel } from './downshift.ts'
import type { BudgetSettings } from './options.ts'

export type CallSize = {
  /** The model that is asked for. */
  readonly model: string
  /** Tokens of input: never fewer than the provider will count. */
  readonly inputTokens: number
  /** Returns the tokens of input on another model: pictures and contexts differ. @default inputTokens on each */
  readonly inputTokensOn?: ((model: string) => number) | undefined
  /** The cap on output tokens that the request names. @default the budget's `defaultMaxOutputTokens` */
  readonly maxOutputTokens?: number | undefined
  /** What its price depends on beside its tokens. @default nothing */
  readonly terms?: BillingTerms | undefined
  /** Returns whether another model can answer the call where it goes. @default any can */
  readonly isServedToo?: ((model: string) => boolean) | undefined
}

/** A way to make the call: on which model, with which cap, for which worst case. */
export type PricedOffer = Offer & {
  readonly model: string
  readonly inputTokens: number
  readonly maxOutputTokens: number
  readonly terms: BillingTerms | undefined
}

/**
 * What is tried in order: the model that was asked for while the tenant is below its downshift share, then the cheaper
 * ones along their chain. Each can be clamped to what the remainder buys, down to a useful minimum.
 */
export function offersFor(call: CallSize, settings: BudgetSettings, rateCard: RateCard): PricedOffer[] {
  const asked = priced(call.model, call, settings, rateCard)
  const cheaper = cheaperThan(asked, call, settings, rateCard)
  if (cheaper.length === 0) return [asked]
  return [{ ...asked, belowShare: settings.downshift.at }, ...cheaper]
}

const NONE: readonly PricedOffer[] = []

/** The call on the models that can answer it, each for less than the one before. */
function cheaperThan(
  asked: PricedOffer,
  call: CallSize,
  settings: BudgetSettings,
  rateCard: RateCard,
): readonly PricedOffer[] {
  const { to } = settings.downshift
  let model = cheaperModel(to, call.model)
  if (model === undefined || asked.amountNanos === 0) return NONE
  const offers = [asked]
  for (; model !== undefined; model = cheaperModel(to, model)) {
    if (call.isServedToo?.(model) === false) continue
    const offer = priced(model, call, settings, rateCard)
    if (isCheaper(offer, offers.at(-1)!, rateCard)) offers.push(offer)
  }
  return offers.slice(1)
}

/** For the same answer: a model that can say less than the other is not the cheaper for it. */
function isCheaper(offer: PricedOffer, than: PricedOffer, rateCard: RateCard): boolean {
  const maxOutputTokens = Math.min(offer.maxOutputTokens, than.maxOutputTokens)
  const costOf = ({ model, inputTokens, terms }: PricedOffer) =>
    rateCard.worstCaseNanos(model, { inputTokens, maxOutputTokens, terms })
  return costOf(offer) < costOf(than)
}

/** What costs so much and no less, whatever runs. */
export function offerOf(amountNanos: Nanos): PricedOffer {
  return { model: '', inputTokens: 0, maxOutputTokens: 0, terms: undefined, amountNanos, floorNanos: amountNanos }
}

/** The cap that a granted amount pays for. */
export function capFor(offer: PricedOffer, granted: Nanos, rateCard: RateCard): number {
  const { model, inputTokens, maxOutputTokens, amountNanos, terms } = offer
  if (granted === amountNanos) return maxOutputTokens
  return Math.min(maxOutputTokens, rateCard.affordableOutputTokens(model, inputTokens, granted, terms))
}

function priced(
  model: string,
  call: CallSize,
  { defaultMaxOutputTokens, minOutputTokens }: BudgetSettings,
  rateCard: RateCard,
): PricedOffer {
  const possible = rateCard.maxOutputTokens(model) ?? Number.POSITIVE_INFINITY
  const maxOutputTokens = Math.min(call.maxOutputTokens ?? defaultMaxOutputTokens, possible)
  const inputTokens = model === call.model ? call.inputTokens : (call.inputTokensOn?.(model) ?? call.inputTokens)
  const { terms } = call
  const amountNanos = rateCard.worstCaseNanos(model, { inputTokens, maxOutputTokens, terms })
  const floorTokens = Math.min(minOutputTokens, maxOutputTokens)
  const floorNanos = rateCard.worstCaseNanos(model, { inputTokens, maxOutputTokens: floorTokens, terms })
  return { model, inputTokens, maxOutputTokens, amountNanos, floorNanos, terms }
}

import type { Offer } from '../ledger/index.ts'
import type { BillingTerms, RateCard } from '../pricing/index.ts'
import type { Nanos } from '../usd.ts'
import { cheaperModel } from './downshift.ts'
import type { BudgetSettings } from './options.ts'

export type CallSize = {
  /** The requested model. */
  readonly model: string
  /** Input tokens: must be no fewer than the provider will count. */
  readonly inputTokens: number
  /** Returns the input tokens on another model, because images and contexts differ. @default inputTokens on each */
  readonly inputTokensOn?: ((model: string) => number) | undefined
  /** The output cap of the request, in tokens of all its answers. @default by `defaultMaxOutputTokens` */
  readonly maxOutputTokens?: number | undefined
  /** The request cannot have a cap: the model's maximum output is held, or the call is refused. @default false */
  readonly takesNoCap?: boolean | undefined
  /** How many answers the request asks for. @default 1 */
  readonly answers?: number | undefined
  /** The part of the cap that is reserved for thinking; the cap is never clamped down to it. @default 0 */
  readonly thinkingTokens?: number | undefined
  /** What the price depends on besides tokens. @default nothing */
  readonly terms?: BillingTerms | undefined
  /** Returns whether the call's endpoint can answer it with another model. @default always true */
  readonly isServedToo?: ((model: string) => boolean) | undefined
}

/**
 * Where the cap comes from:
 * - `named`: from the request or from `defaultMaxOutputTokens`
 * - `open`: there is none; the model's maximum output is held
 * - `fallback`: set by us, because the model's maximum does not fit, or because the cheaper model's maximum is below the
 *   requested cap; the caller is informed
 */
type Cap = 'named' | 'open' | 'fallback'

/** One way to make the call: a model, a cap, and its worst case. */
export type PricedOffer = Offer & {
  readonly model: string
  readonly inputTokens: number
  readonly maxOutputTokens: number
  readonly cap: Cap
  readonly terms: BillingTerms | undefined
}

/** The cap per answer that is set where the model's maximum does not fit. */
export const FALLBACK_TOKENS = 4096

/** This many calls of `FALLBACK_TOKENS` must fit besides a call that holds the maximum of its model. */
export const CALLS_BESIDE = 11

/**
 * Returns the offers in the order in which they are tried: the requested model while the tenant is below its downshift
 * share, then the cheaper models along their chain. Each can be clamped to what the remainder buys, down to
 * `minOutputTokens`.
 */
export function offersFor(call: CallSize, settings: BudgetSettings, rateCard: RateCard): readonly PricedOffer[] {
  const asked = priced(call.model, call, settings, rateCard)
  const cheaper = cheaperThan(asked.at(-1)!, call, settings, rateCard)
  if (cheaper.length === 0) return asked
  return [...asked.map((offer) => ({ ...offer, belowShare: settings.downshift.at })), ...cheaper]
}

const NONE: readonly PricedOffer[] = []

/** Returns offers on the cheaper models that can answer the call, each for less than the one before. */
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
    const priceds = priced(model, call, settings, rateCard)
    // A model whose maximum output is within the thinking budget would refuse the call.
    const mostTokens = (call.answers ?? 1) * (rateCard.maxOutputTokens(model) ?? Number.POSITIVE_INFINITY)
    if (call.thinkingTokens !== undefined && mostTokens <= call.thinkingTokens) continue
    if (isCheaper(priceds.at(-1)!, offers.at(-1)!, rateCard)) offers.push(...priceds)
  }
  return offers.slice(1)
}

/** Compares the cost of an answer of the same length: a lower maximum output does not make a model cheaper. */
function isCheaper(offer: PricedOffer, than: PricedOffer, rateCard: RateCard): boolean {
  const maxOutputTokens = Math.min(offer.maxOutputTokens, than.maxOutputTokens)
  const costOf = ({ model, inputTokens, terms }: PricedOffer) =>
    rateCard.worstCaseNanos(model, { inputTokens, maxOutputTokens, terms })
  return costOf(offer) < costOf(than)
}

/** Returns an offer of a fixed amount, which cannot be clamped. */
export function offerOf(amountNanos: Nanos): PricedOffer {
  const nothing = { model: '', inputTokens: 0, maxOutputTokens: 0, cap: 'named', terms: undefined } as const
  return { ...nothing, amountNanos, floorNanos: amountNanos }
}

/** Returns the output cap that a granted amount pays for. */
export function capFor(offer: PricedOffer, granted: Nanos, rateCard: RateCard): number {
  const { model, inputTokens, maxOutputTokens, amountNanos, terms } = offer
  if (granted === amountNanos) return maxOutputTokens
  return Math.min(maxOutputTokens, rateCard.affordableOutputTokens(model, inputTokens, granted, terms))
}

/** Returns the offers on one model: with the request's cap, else without one, else with the fallback cap. */
function priced(
  model: string,
  call: CallSize,
  { defaultMaxOutputTokens, minOutputTokens }: BudgetSettings,
  rateCard: RateCard,
): readonly PricedOffer[] {
  const { terms, answers = 1, thinkingTokens = 0, maxOutputTokens: namedTokens } = call
  const inputTokens = model === call.model ? call.inputTokens : (call.inputTokensOn?.(model) ?? call.inputTokens)
  const costOf = (maxOutputTokens: number) => rateCard.worstCaseNanos(model, { inputTokens, maxOutputTokens, terms })
  const offer = (maxOutputTokens: number, cap: Cap): PricedOffer => {
    const amountNanos = costOf(maxOutputTokens)
    const floorNanos = costOf(Math.min(thinkingTokens + minOutputTokens, maxOutputTokens))
    return { model, inputTokens, maxOutputTokens, cap, terms, amountNanos, floorNanos }
  }
  const mostTokens = answers * (rateCard.maxOutputTokens(model) ?? rateCard.contextTokens(model))
  if (namedTokens !== undefined) {
    // No answer is longer than the context. A documented maximum below the context may be out of date, so a requested cap
    // above it is kept. A cheaper model would refuse a cap above its maximum, and that cap was not requested of it.
    const longest = model === call.model ? rateCard.contextTokens(model) * answers : mostTokens
    const isTooLong = model !== call.model && namedTokens > longest
    const named = offer(Math.min(namedTokens, longest), isTooLong ? 'fallback' : 'named')
    return [call.takesNoCap ? { ...named, floorNanos: named.amountNanos } : named]
  }
  if (call.takesNoCap) {
    const open = offer(mostTokens, 'open')
    return [{ ...open, floorNanos: open.amountNanos }]
  }
  if (defaultMaxOutputTokens !== undefined) {
    return [offer(Math.min(thinkingTokens + defaultMaxOutputTokens * answers, mostTokens), 'named')]
  }
  const fallbackTokens = thinkingTokens + FALLBACK_TOKENS * answers
  if (mostTokens <= fallbackTokens) return [offer(mostTokens, 'open')]
  const open = offer(mostTokens, 'open')
  const fallback = offer(fallbackTokens, 'fallback')
  const leavesNanos = (CALLS_BESIDE * (fallback.amountNanos - costOf(0))) as Nanos
  return [{ ...open, floorNanos: open.amountNanos, leavesNanos }, fallback]
}

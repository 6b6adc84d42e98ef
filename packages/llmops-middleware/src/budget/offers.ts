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
  /** The cap on output tokens that the request names, of all its answers. @default as `defaultMaxOutputTokens` says */
  readonly maxOutputTokens?: number | undefined
  /** No cap can be written: the longest answer of the model is held, or the call refused. @default false */
  readonly takesNoCap?: boolean | undefined
  /** How many answers are asked for at once. @default 1 */
  readonly answers?: number | undefined
  /** How much of that cap is set aside for thinking: it is never clamped to that. @default 0 */
  readonly thinkingTokens?: number | undefined
  /** What its price depends on beside its tokens. @default nothing */
  readonly terms?: BillingTerms | undefined
  /** Returns whether another model can answer the call where it goes. @default any can */
  readonly isServedToo?: ((model: string) => boolean) | undefined
}

/**
 * Where the cap comes from:
 * - `named`: from the request or from `defaultMaxOutputTokens`
 * - `open`: there is none, and what the model can generate is held
 * - `fallback`: it is ours, for what the model can generate does not fit, or is less than was asked for of another; the caller
 *   must know
 */
type Cap = 'named' | 'open' | 'fallback'

/** A way to make the call: on which model, with which cap, for which worst case. */
export type PricedOffer = Offer & {
  readonly model: string
  readonly inputTokens: number
  readonly maxOutputTokens: number
  readonly cap: Cap
  readonly terms: BillingTerms | undefined
}

/** What is written where the maximum of the model does not fit, of each answer. */
export const FALLBACK_TOKENS = 4096

/** So many calls of `FALLBACK_TOKENS` must fit beside one that holds the maximum of its model. */
export const CALLS_BESIDE = 11

/**
 * What is tried in order: the model that was asked for while the tenant is below its downshift share, then the cheaper
 * ones along their chain. Each can be clamped to what the remainder buys, down to a useful minimum.
 */
export function offersFor(call: CallSize, settings: BudgetSettings, rateCard: RateCard): readonly PricedOffer[] {
  const asked = priced(call.model, call, settings, rateCard)
  const cheaper = cheaperThan(asked.at(-1)!, call, settings, rateCard)
  if (cheaper.length === 0) return asked
  return [...asked.map((offer) => ({ ...offer, belowShare: settings.downshift.at })), ...cheaper]
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
    const priceds = priced(model, call, settings, rateCard)
    // A model that cannot say more than the call wants to think would refuse it.
    const mostTokens = (call.answers ?? 1) * (rateCard.maxOutputTokens(model) ?? Number.POSITIVE_INFINITY)
    if (call.thinkingTokens !== undefined && mostTokens <= call.thinkingTokens) continue
    if (isCheaper(priceds.at(-1)!, offers.at(-1)!, rateCard)) offers.push(...priceds)
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
  const nothing = { model: '', inputTokens: 0, maxOutputTokens: 0, cap: 'named', terms: undefined } as const
  return { ...nothing, amountNanos, floorNanos: amountNanos }
}

/** The cap that a granted amount pays for. */
export function capFor(offer: PricedOffer, granted: Nanos, rateCard: RateCard): number {
  const { model, inputTokens, maxOutputTokens, amountNanos, terms } = offer
  if (granted === amountNanos) return maxOutputTokens
  return Math.min(maxOutputTokens, rateCard.affordableOutputTokens(model, inputTokens, granted, terms))
}

/** The call on one model: with the cap that it names, else as long as the model can answer, else with one of ours. */
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
    // No answer is longer than the context; what is documented below it may be out of date, and a named cap is a bound. A
    // cheaper model refuses a cap above its own, which nobody named for it.
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

import { type ChecksOf, checkOptions, door, func, mapOf, oneOf, text } from '../check.ts'
import { usdFromNanos } from '../usd.ts'
import { contextWindow } from './context-windows.ts'
import { affordableOutputTokens, costNanos, type Price, UNKNOWN_KIND, worstCaseNanos } from './price.ts'
import { PRICE_OPTIONS, type PriceOptions, priceFromOptions } from './price-options.ts'
import { dearestPublicPrice, publicPrice } from './public-prices.ts'
import type { RateCard } from './rate-card.ts'
import { UnknownModelPriceError } from './unknown-model-price-error.ts'

export type RateCardOptions = {
  /** Negotiated and provisioned prices, by model or deployment; they replace the public ones. @default none */
  readonly overrides?: Readonly<Record<string, PriceOptions>>
  /** Which model a deployment serves: `{ 'support-prod': 'gpt-4o' }`. @default each serves the model of its name */
  readonly deployments?: Readonly<Record<string, string>>
  /**
   * What a model without a price costs:
   * - `block`: nothing may be spent on it; asking for its price throws UnknownModelPriceError
   * - `assumeMax`: the dearest price on the list
   * - `allow`: nothing, and `onUnknown` is called
   *
   * @default 'block'
   */
  readonly unknownModel?: 'block' | 'assumeMax' | 'allow'
  /** Called each time that a model without a price is let through at no cost. @default nobody is told */
  readonly onUnknown?: (model: string) => void
  /** Returns epoch milliseconds; public prices can depend on the hour. @default Date.now */
  readonly now?: () => number
}

export const RATE_CARD_OPTIONS: ChecksOf<RateCardOptions> = {
  overrides: mapOf(door(PRICE_OPTIONS)),
  deployments: mapOf(text),
  unknownModel: oneOf('block', 'assumeMax', 'allow'),
  onUnknown: func,
  now: func,
}

/** Public prices can depend on the hour, and a process lives longer. */
const KEEP_PRICE_MS = 15 * 60_000
/** Model names come from callers, so what is remembered of them is bounded. */
const MAX_PRICES = 1000

const FREE: Price = {
  tiers: [{ aboveInputTokens: -1, rates: { input: 0, cachedInput: 0, cacheWrite: 0, hourCacheWrite: 0, output: 0 } }],
  maxOutputTokens: undefined,
  kind: UNKNOWN_KIND,
  contextTokens: undefined,
}

type Known = { readonly price: Price | undefined; readonly contextTokens: number; readonly untilMs: number }

/**
 * Prices from the public list of `@pydantic/genai-prices`, with your own on top.
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 * @example
 * const rateCard = createRateCard({ deployments: { 'support-prod': 'gpt-4o' } })
 * rateCard.cost('gpt-4o-mini', { inputTokens: 10_000, cachedInputTokens: 4_000, outputTokens: 500 }) // 0.0015 USD
 */
export function createRateCard(options: RateCardOptions = {}): RateCard {
  checkOptions(options, RATE_CARD_OPTIONS)
  const { overrides = {}, deployments = {}, unknownModel = 'block', onUnknown = () => {}, now = Date.now } = options
  const own = new Map(Object.entries(overrides))
  const known = new Map<string, Known>()
  let dearest: Price | undefined

  /** The public list takes 24 µs a calculation, so each price is read once and then only multiplied. */
  function find(model: string): Known {
    const nowMs = now()
    const remembered = known.get(model)
    if (remembered && nowMs < remembered.untilMs) return remembered
    const served = modelOf(model)
    const listed = publicPrice(served, new Date(nowMs))
    const negotiated = own.get(model) ?? own.get(served)
    const price = negotiated ? priceFromOptions(negotiated, listed) : listed
    const contextTokens =
      own.get(model)?.contextTokens ?? own.get(served)?.contextTokens ?? contextWindow(served, listed?.contextTokens)
    if (known.size >= MAX_PRICES) known.clear()
    const found = { price, contextTokens, untilMs: nowMs + KEEP_PRICE_MS }
    known.set(model, found)
    return found
  }

  function modelOf(name: string): string {
    return Object.hasOwn(deployments, name) ? deployments[name]! : name
  }

  function priceOf(model: string): Price {
    const { price } = find(model)
    if (price) return price
    switch (unknownModel) {
      case 'block':
        throw new UnknownModelPriceError(model)
      case 'assumeMax':
        dearest ??= dearestPublicPrice(new Date(now()))
        return dearest
      case 'allow':
        onUnknown(model)
        return FREE
    }
  }

  return {
    cost: (model, usage, terms) => usdFromNanos(costNanos(priceOf(model), usage, terms)),
    costNanos: (model, usage, terms) => costNanos(priceOf(model), usage, terms),
    worstCaseNanos: (model, { inputTokens, maxOutputTokens, terms }) =>
      worstCaseNanos(priceOf(model), inputTokens, maxOutputTokens, terms),
    affordableOutputTokens: (model, inputTokens, amount, terms) =>
      affordableOutputTokens(priceOf(model), inputTokens, amount, terms),
    maxOutputTokens: (model) => find(model).price?.maxOutputTokens,
    contextTokens: (model) => find(model).contextTokens,
    modelOf,
    knows: (model) => find(model).price !== undefined,
    kindOf: (model) => find(model).price?.kind,
  }
}

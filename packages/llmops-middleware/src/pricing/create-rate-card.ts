import { type ChecksOf, checkOptions, func, mapOf, objectOf, oneOf, text } from '../check.ts'
import { InvalidOptionError } from '../errors.ts'
import type { Usage } from '../usage.ts'
import { type Nanos, usdFromNanos } from '../usd.ts'
import { type BillingTerms, NO_TERMS } from './billing-terms.ts'
import { contextWindow, documentedOutputTokens } from './model-limits.ts'
import { namesFor } from './model-names.ts'
import { affordableOutputTokens, canBill, costNanos, type Price, UNKNOWN_KIND, worstCaseNanos } from './price.ts'
import { NO_FACTORS } from './price-factors.ts'
import { PRICE_OPTIONS, type PriceOptions, priceFromOptions } from './price-options.ts'
import { dearestPublicPrice, publicPrice } from './public-prices.ts'
import type { RateCard } from './rate-card.ts'
import { allRates, NO_PIECES } from './rates.ts'
import { isRouter } from './routers.ts'
import { UnknownModelPriceError } from './unknown-model-price-error.ts'

/** Prices of your own, and what happens to models without a price. */
export type RateCardOptions = {
  /** Negotiated and provisioned prices, by model or deployment; they replace the public ones, of dated names too. @default none */
  readonly overrides?: Readonly<Record<string, PriceOptions>> | undefined
  /** Which model a deployment serves: `{ 'support-prod': 'gpt-4o' }`. @default each serves the model of its name */
  readonly deployments?: Readonly<Record<string, string>> | undefined
  /**
   * What a model without a price costs:
   * - `block`: nothing may be spent on it; asking for its price throws UnknownModelPriceError
   * - `assumeMax`: the dearest price on the list
   * - `allow`: nothing, and `onUnknown` is called
   *
   * @default 'block'
   */
  readonly unknownModel?: 'block' | 'assumeMax' | 'allow' | undefined
  /** Called each time that a model without a price is let through at no cost. @default none */
  readonly onUnknown?: ((model: string) => void) | undefined
  /** Returns epoch milliseconds; public prices can depend on the hour. @default Date.now */
  readonly now?: (() => number) | undefined
}

export const RATE_CARD_OPTIONS: ChecksOf<RateCardOptions> = {
  overrides: mapOf(objectOf(PRICE_OPTIONS)),
  deployments: mapOf(text),
  unknownModel: oneOf('block', 'assumeMax', 'allow'),
  onUnknown: func,
  now: func,
}

/** Each tier must start above the one before, because the last tier that the input exceeds applies. */
function checkLongInput(overrides: NonNullable<RateCardOptions['overrides']>): void {
  for (const [model, { longInput = [] }] of Object.entries(overrides)) {
    const starts = longInput.map(({ aboveInputTokens }) => aboveInputTokens)
    const wrong = starts.findIndex((start, index) => index > 0 && start <= starts[index - 1]!)
    if (wrong === -1) continue
    const option = `overrides['${model}'].longInput[${wrong}].aboveInputTokens`
    throw new InvalidOptionError(option, starts[wrong], `more than that before it, ${starts[wrong - 1]}`)
  }
}

/** Public prices can depend on the hour, and change at the start of one. Prices are kept for a quarter of an hour, until its end. */
const KEEP_PRICE_MS = 15 * 60_000
/** A call that ends so much later can be billed at the price of its end (api-docs.deepseek.com, pricing), which is then held. */
const LONGEST_CALL_MS = 60 * 60_000
/** Model names come from callers, so this cache is bounded. */
const MAX_PRICES = 1000

const FREE: Price = {
  tiers: [{ aboveInputTokens: -1, rates: allRates(0) }],
  pieces: NO_PIECES,
  factors: NO_FACTORS,
  kind: UNKNOWN_KIND,
  contextTokens: undefined,
}

type Known = {
  readonly price: Price | undefined
  /** The price of a call that begins now and ends later, if it is another one. */
  readonly laterPrice: Price | undefined
  readonly contextTokens: number
  readonly maxOutputTokens: number | undefined
  /** The quarter of an hour in which it is so. A clock that is set back leaves it too. */
  readonly quarter: number
}

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
  checkLongInput(overrides)
  const own = new Map(Object.entries(overrides))
  /** Keyed by seller, then by model. */
  const known = new Map<string | undefined, Map<string, Known>>()
  let count = 0
  let dearest: Price | undefined

  /** Caches each price, because a calculation with the public list takes 24 µs. */
  function find(model: string, seller?: string): Known {
    const nowMs = now()
    const quarter = Math.floor(nowMs / KEEP_PRICE_MS)
    const remembered = known.get(seller)?.get(model)
    if (remembered?.quarter === quarter) return remembered
    const served = modelOf(model)
    const listed = publicPrice(served, new Date(nowMs), seller)
    const negotiated = ownPrices(model)
    const later = negotiated[0] ? undefined : publicPrice(served, new Date(nowMs + LONGEST_CALL_MS), seller)
    const laterPrice = JSON.stringify(later?.tiers) === JSON.stringify(listed?.tiers) ? undefined : later
    const price = negotiated[0] ? priceFromOptions(negotiated[0], listed) : listed
    const own = (name: 'contextTokens' | 'maxOutputTokens') =>
      negotiated.find((each) => each[name] !== undefined)?.[name]
    const contextTokens = own('contextTokens') ?? contextWindow(served, listed?.contextTokens)
    const maxOutputTokens = own('maxOutputTokens') ?? documentedOutputTokens(served)
    if (count >= MAX_PRICES) {
      known.clear()
      count = 0
    }
    const found = { price, laterPrice, contextTokens, maxOutputTokens, quarter }
    const ofSeller = known.get(seller) ?? new Map<string, Known>()
    if (!ofSeller.has(model)) count += 1
    known.set(seller, ofSeller.set(model, found))
    return found
  }

  /** A price for a model also applies to its dated and prefixed names. A price for a deployment takes precedence. */
  function ownPrices(model: string): PriceOptions[] {
    return [model, ...namesFor(modelOf(model))].flatMap((name) => own.get(name) ?? [])
  }

  function modelOf(name: string): string {
    return Object.hasOwn(deployments, name) ? deployments[name]! : name
  }

  function priceOf(model: string, terms: BillingTerms | undefined, usage?: Usage): Price {
    const { price } = find(model, terms?.seller)
    if (price && (canBill(price, terms) || canBill(price, usage))) return price
    // A router's model costs at most this. The charge is for the model that answered.
    if (isRouter(modelOf(model))) return dearestPrice()
    switch (unknownModel) {
      case 'block':
        throw new UnknownModelPriceError(model, price !== undefined)
      case 'assumeMax':
        return dearestPrice()
      case 'allow':
        onUnknown(model)
        return FREE
    }
  }

  function dearestPrice(): Price {
    dearest ??= dearestPublicPrice(new Date(now()))
    return dearest
  }

  /** Returns the possible prices of a call: any of its models may answer. */
  function pricesFor(model: string, terms: BillingTerms): Price[] {
    const { otherModels = [] } = terms
    return [model, ...otherModels].flatMap((each) => [priceOf(each, terms), ...laterPricesOf(each, terms)])
  }

  function laterPricesOf(model: string, { seller }: BillingTerms): readonly Price[] {
    const { laterPrice } = find(model, seller)
    return laterPrice ? [laterPrice] : []
  }

  function billedAs(asked: string, answered: string, terms: BillingTerms = NO_TERMS): string {
    // A deployment or model with its own price is charged at that price, whatever model answered.
    if (own.has(asked) && (terms.seller === 'azure' || !publicPrice(asked, new Date(now())))) return asked
    return find(answered, terms.seller).price ? answered : asked
  }

  const cost: RateCard['costNanos'] = (model, usage, terms) => costNanos(priceOf(model, terms, usage), usage, terms)

  return {
    cost: (model, usage, terms) => usdFromNanos(cost(model, usage, terms)),
    costNanos: cost,
    worstCaseNanos(model, { inputTokens, maxOutputTokens, terms = NO_TERMS }) {
      const { laterPrice } = find(model, terms.seller)
      const worstOf = (price: Price) => worstCaseNanos(price, inputTokens, maxOutputTokens, terms)
      if (terms.otherModels === undefined && !laterPrice) return worstOf(priceOf(model, terms))
      return Math.max(...pricesFor(model, terms).map(worstOf)) as Nanos
    },
    affordableOutputTokens(model, inputTokens, amount, terms = NO_TERMS) {
      const prices = pricesFor(model, terms)
      return Math.min(...prices.map((price) => affordableOutputTokens(price, inputTokens, amount, terms)))
    },
    billedAs: (asked, answered, terms) => (asked === answered ? asked : billedAs(asked, answered, terms)),
    maxOutputTokens: (model) => find(model).maxOutputTokens,
    contextTokens: (model) => find(model).contextTokens,
    modelOf,
    knows: (model) => find(model).price !== undefined || isRouter(modelOf(model)),
    kindOf: (model) => find(model).price?.kind,
  }
}

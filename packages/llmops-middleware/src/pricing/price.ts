import { InvalidOptionError } from '../errors.ts'
import type { Usage } from '../usage.ts'
import type { Nanos, Usd } from '../usd.ts'
import type { ModelKind } from './rate-card.ts'

/** A price in USD per million tokens, as providers print it. */
export type PriceOptions = {
  readonly inputUsdPerMillion: Usd
  /** Default: the input price. */
  readonly cachedInputUsdPerMillion?: Usd
  /** Default: the input price. */
  readonly cacheWriteUsdPerMillion?: Usd
  readonly outputUsdPerMillion: Usd
  /** The most tokens that one answer can have. */
  readonly maxOutputTokens?: number
  /** The most tokens that it can read. Default: that of the model that is served, 1,050,000 for an unknown one. */
  readonly contextTokens?: number
}

/**
 * Prices in integer pico-USD (10⁻¹² USD) a token, so that half a nano-USD a token is exact too: 0.075 USD per million is
 * 75,000. A sum stays exact up to $9,007 a call.
 */
export type Rates = {
  readonly input: number
  readonly cachedInput: number
  readonly cacheWrite: number
  readonly output: number
}

export type Price = {
  /** From the fewest input tokens up; a call is priced whole at the last tier that its input exceeds. */
  readonly tiers: readonly { readonly aboveInputTokens: number; readonly rates: Rates }[]
  readonly maxOutputTokens: number | undefined
  /** The most tokens of input, where it is known. */
  readonly contextTokens: number | undefined
  readonly kind: ModelKind
}

export const UNKNOWN_KIND: ModelKind = { operation: undefined, maker: undefined }

const PICOS_PER_USD_PER_MILLION = 1e6
const PICOS_PER_NANO = 1000

export function picosPerToken(usdPerMillion: Usd): number {
  // Rounded up, so that a price below a pico-USD is not free.
  return Math.ceil(usdPerMillion * PICOS_PER_USD_PER_MILLION - 1e-4) + 0
}

export function priceFromOptions(model: string, options: PriceOptions): Price {
  const rate = (name: keyof PriceOptions, fallback?: number) => {
    const value = options[name] ?? fallback
    if (typeof value !== 'number' || !(value >= 0 && value <= 1e6)) {
      throw new InvalidOptionError(
        `overrides['${model}'].${name}`,
        value,
        'US dollars per million tokens, from 0 to 1,000,000',
      )
    }
    return value
  }
  const input = rate('inputUsdPerMillion')
  const output = rate('outputUsdPerMillion')
  const { maxOutputTokens, contextTokens } = options
  for (const [name, tokens] of Object.entries({ maxOutputTokens, contextTokens })) {
    if (tokens !== undefined && !(Number.isInteger(tokens) && tokens > 0)) {
      throw new InvalidOptionError(`overrides['${model}'].${name}`, tokens, 'a whole number of tokens above 0')
    }
  }
  return {
    tiers: [
      {
        aboveInputTokens: -1,
        rates: {
          input: picosPerToken(input),
          cachedInput: picosPerToken(rate('cachedInputUsdPerMillion', input)),
          cacheWrite: picosPerToken(rate('cacheWriteUsdPerMillion', input)),
          output: picosPerToken(output),
        },
      },
    ],
    maxOutputTokens,
    contextTokens,
    // Nothing is charged for the output of an embedding; where nothing is charged at all, nobody can tell.
    kind: { operation: input > 0 && output === 0 ? 'embeddings' : undefined, maker: undefined },
  }
}

/** @throws InvalidOptionError when a count is negative or no whole number, or more is cached than was sent. */
export function costNanos(price: Price, usage: Usage): Nanos {
  const { inputTokens, cachedInputTokens = 0, cacheWriteTokens = 0, outputTokens } = usage
  checkTokens('inputTokens', inputTokens)
  checkTokens('cachedInputTokens', cachedInputTokens)
  checkTokens('cacheWriteTokens', cacheWriteTokens)
  checkTokens('outputTokens', outputTokens)
  const fresh = inputTokens - cachedInputTokens - cacheWriteTokens
  if (fresh < 0) {
    throw new InvalidOptionError(
      'cachedInputTokens',
      cachedInputTokens + cacheWriteTokens,
      `at most inputTokens, ${inputTokens}`,
    )
  }
  const { input, cachedInput, cacheWrite, output } = ratesFor(price, inputTokens)
  return nanosFromPicos(
    fresh * input + cachedInputTokens * cachedInput + cacheWriteTokens * cacheWrite + outputTokens * output,
  )
}

/** Every input token at the dearest that it can be, at any tier up to its count. */
export function worstCaseNanos(price: Price, inputTokens: number, maxOutputTokens: number): Nanos {
  const { input, output } = dearestRates(price, inputTokens)
  return nanosFromPicos(inputTokens * input + maxOutputTokens * output)
}

/** The most output tokens whose worst case is within `amount`; negative when the input alone is not. */
export function affordableOutputTokens(price: Price, inputTokens: number, amount: Nanos): number {
  const { input, output } = dearestRates(price, inputTokens)
  const leftPicos = amount * PICOS_PER_NANO - inputTokens * input
  if (leftPicos < 0) return -1
  return output === 0 ? Number.MAX_SAFE_INTEGER : Math.floor(leftPicos / output)
}

function dearestRates(price: Price, inputTokens: number): { input: number; output: number } {
  let input = 0
  let output = 0
  for (const { aboveInputTokens, rates } of price.tiers) {
    if (inputTokens <= aboveInputTokens) break
    input = Math.max(input, rates.input, rates.cachedInput, rates.cacheWrite)
    output = Math.max(output, rates.output)
  }
  return { input, output }
}

function ratesFor({ tiers }: Price, inputTokens: number): Rates {
  let rates = tiers[0]!.rates
  for (const tier of tiers) if (inputTokens > tier.aboveInputTokens) rates = tier.rates
  return rates
}

function nanosFromPicos(picos: number): Nanos {
  return Math.ceil(picos / PICOS_PER_NANO) as Nanos
}

function checkTokens(name: string, tokens: number): void {
  if (!(Number.isSafeInteger(tokens) && tokens >= 0)) {
    throw new InvalidOptionError(name, tokens, 'a whole number of tokens from 0')
  }
}

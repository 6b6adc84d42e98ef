import { type ChecksOf, number, required, whole } from '../check.ts'
import { InvalidOptionError } from '../errors.ts'
import type { Usage } from '../usage.ts'
import type { Nanos, Usd } from '../usd.ts'
import type { ModelKind } from './rate-card.ts'

/** A price in USD per million tokens, as providers print it. */
export type PriceOptions = {
  /** Input that no cache has, in US dollars per million tokens, from 0 to 1,000,000. */
  readonly inputUsdPerMillion: Usd
  /** Input that is read from a cache, in US dollars per million tokens. @default inputUsdPerMillion */
  readonly cachedInputUsdPerMillion?: Usd
  /** Input that is written to a cache, in US dollars per million tokens. @default inputUsdPerMillion */
  readonly cacheWriteUsdPerMillion?: Usd
  /** Output, reasoning included, in US dollars per million tokens, from 0 to 1,000,000. */
  readonly outputUsdPerMillion: Usd
  /** The most tokens that one answer can have. @default no limit is known */
  readonly maxOutputTokens?: number
  /** The most tokens that it can read. @default that of the model that is served, 1_050_000 for an unknown one */
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

const usdPerMillion = { ...number(0, 1e6), accepts: 'US dollars per million tokens, from 0 to 1,000,000' }

export const PRICE_OPTIONS: ChecksOf<PriceOptions> = {
  inputUsdPerMillion: required(usdPerMillion),
  cachedInputUsdPerMillion: usdPerMillion,
  cacheWriteUsdPerMillion: usdPerMillion,
  outputUsdPerMillion: required(usdPerMillion),
  maxOutputTokens: whole(1, undefined, 'tokens'),
  contextTokens: whole(1, undefined, 'tokens'),
}

export function priceFromOptions(options: PriceOptions): Price {
  const { inputUsdPerMillion: input, outputUsdPerMillion: output, maxOutputTokens, contextTokens } = options
  const { cachedInputUsdPerMillion = input, cacheWriteUsdPerMillion = input } = options
  return {
    tiers: [
      {
        aboveInputTokens: -1,
        rates: {
          input: picosPerToken(input),
          cachedInput: picosPerToken(cachedInputUsdPerMillion),
          cacheWrite: picosPerToken(cacheWriteUsdPerMillion),
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

import { InvalidOptionError } from '../errors.ts'
import { isCount, partAboveWhole, USAGE_COUNTS, type Usage } from '../usage.ts'
import type { Nanos } from '../usd.ts'
import { type BillingTerms, NO_TERMS } from './billing-terms.ts'
import type { ModelKind } from './rate-card.ts'
import { nanosFromPicos, PICOS_PER_NANO, type Rates } from './rates.ts'

export type Price = {
  /** From the fewest input tokens up; a call is priced whole at the last tier that its input exceeds. */
  readonly tiers: readonly { readonly aboveInputTokens: number; readonly rates: Rates }[]
  readonly maxOutputTokens: number | undefined
  /** The most tokens of input, where it is known. */
  readonly contextTokens: number | undefined
  readonly kind: ModelKind
}

export const UNKNOWN_KIND: ModelKind = { operation: undefined, maker: undefined }

/** @throws InvalidOptionError when a count is negative or no whole number, or a part is more than its whole. */
export function costNanos(price: Price, usage: Usage, terms: BillingTerms = NO_TERMS): Nanos {
  checkUsage(usage)
  const rates = ratesFor(price, usage.inputTokens)
  return nanosFromPicos(inputPicos(rates, usage, terms) + usage.outputTokens * rates.output)
}

function inputPicos(rates: Rates, usage: Usage, { keepsCacheForHour = false }: BillingTerms): number {
  const { inputTokens, cachedInputTokens: cached = 0, cacheWriteTokens: written = 0 } = usage
  const { hourCacheWriteTokens: writtenForHour = keepsCacheForHour ? written : 0 } = usage
  return (
    (inputTokens - cached - written) * rates.input +
    cached * rates.cachedInput +
    (written - writtenForHour) * rates.cacheWrite +
    writtenForHour * rates.hourCacheWrite
  )
}

/** Every input token at the dearest that it can be, at any tier up to its count. */
export function worstCaseNanos(
  price: Price,
  inputTokens: number,
  maxOutputTokens: number,
  terms: BillingTerms = NO_TERMS,
): Nanos {
  const { input, output } = dearestRates(price, inputTokens, terms)
  return nanosFromPicos(inputTokens * input + maxOutputTokens * output)
}

/** The most output tokens whose worst case is within `amount`; negative when the input alone is not. */
export function affordableOutputTokens(
  price: Price,
  inputTokens: number,
  amount: Nanos,
  terms: BillingTerms = NO_TERMS,
): number {
  const { input, output } = dearestRates(price, inputTokens, terms)
  const leftPicos = amount * PICOS_PER_NANO - inputTokens * input
  if (leftPicos < 0) return -1
  return output === 0 ? Number.MAX_SAFE_INTEGER : Math.floor(leftPicos / output)
}

function dearestRates(
  { tiers }: Price,
  inputTokens: number,
  { keepsCacheForHour }: BillingTerms,
): { input: number; output: number } {
  let input = 0
  let output = 0
  for (const { aboveInputTokens, rates } of tiers) {
    if (inputTokens <= aboveInputTokens) break
    input = Math.max(input, rates.input, rates.cachedInput, rates.cacheWrite)
    if (keepsCacheForHour) input = Math.max(input, rates.hourCacheWrite)
    output = Math.max(output, rates.output)
  }
  return { input, output }
}

function ratesFor({ tiers }: Price, inputTokens: number): Rates {
  let rates = tiers[0]!.rates
  for (const tier of tiers) if (inputTokens > tier.aboveInputTokens) rates = tier.rates
  return rates
}

function checkUsage(usage: Usage): void {
  for (const name of USAGE_COUNTS) {
    if (!isCount(usage[name] ?? 0)) throw new InvalidOptionError(name, usage[name], 'a whole number from 0')
  }
  const wrong = partAboveWhole(usage)
  if (wrong) throw new InvalidOptionError(wrong.part, wrong.tokens, `at most ${wrong.whole}, ${usage[wrong.whole]}`)
}

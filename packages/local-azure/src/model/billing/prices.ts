import type { BilledUsage } from './attempt-log.ts'

/** In USD per million tokens: 2.5 is 2,500 nano-USD per token. */
type Price = { readonly input: number; readonly cachedInput: number; readonly output: number }

/** The endpoint's own prices. They are independent of the rate card under test, so that a test finds a difference. */
const PRICES: readonly (readonly [prefix: string, price: Price])[] = [
  ['gpt-4o-mini', { input: 0.15, cachedInput: 0.075, output: 0.6 }],
  ['gpt-4o', { input: 2.5, cachedInput: 1.25, output: 10 }],
  ['gpt-4.1-mini', { input: 0.4, cachedInput: 0.1, output: 1.6 }],
  ['gpt-4.1', { input: 2, cachedInput: 0.5, output: 8 }],
  ['gpt-5.4-mini', { input: 0.75, cachedInput: 0.075, output: 4.5 }],
  ['gpt-5.4-nano', { input: 0.2, cachedInput: 0.02, output: 1.25 }],
  ['gpt-5-mini', { input: 0.25, cachedInput: 0.025, output: 2 }],
  ['gpt-5', { input: 1.25, cachedInput: 0.125, output: 10 }],
  ['text-embedding-3-small', { input: 0.02, cachedInput: 0.02, output: 0 }],
  ['claude-sonnet-4-5', { input: 3, cachedInput: 0.3, output: 15 }],
  ['claude-haiku-4-5', { input: 1, cachedInput: 0.1, output: 5 }],
]

/** The provider's bill in whole nano-USD. A model without a price is billed as gpt-4o. */
export function billNanos(model: string, usage: BilledUsage): number {
  const price = priceOf(model)
  const fresh = usage.inputTokens - usage.cachedInputTokens
  const usdPerMillion =
    fresh * price.input + usage.cachedInputTokens * price.cachedInput + usage.outputTokens * price.output
  return Math.max(0, Math.ceil(usdPerMillion * 1000 - 1e-6))
}

function priceOf(model: string): Price {
  return (PRICES.find(([prefix]) => model.startsWith(prefix)) ?? PRICES[1]!)[1]
}

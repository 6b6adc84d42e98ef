import type { BillingTerms } from './billing-terms.ts'

export type ServiceTierFactors = Readonly<Record<string, number>>

/** What OpenAI's priority costs over the standard price, as of 26 November 2026: openai.com/api-priority-processing. */
const PRIORITY: readonly (readonly [model: RegExp, factor: number])[] = [
  [/^gpt-5-mini/, 1.8],
  [/^gpt-5(\.[124])?(-|$)/, 2],
  [/^gpt-4\.1-nano/, 2],
  [/^(gpt-4\.1|o3)/, 1.75],
  [/^o4-mini/, 20 / 11],
  [/^gpt-4o-mini/, 5 / 3],
  [/^gpt-4o/, 1.7],
]
/** The dearest of that list, for a model that is not on it. */
const MOST_PRIORITY = 2.5
const HALF_PRICE = 0.5

/** Of Anthropic's tiers only batches have a price of their own a token. */
export function serviceTierFactors(model: string, seller: string): ServiceTierFactors {
  if (model.includes('claude')) return { batch: HALF_PRICE }
  if (seller !== 'openai' && seller !== 'azure') return {}
  const priority = PRIORITY.find(([name]) => name.test(model))?.[1] ?? MOST_PRIORITY
  // `fast` is what OpenAI calls priority in requests.
  return { flex: HALF_PRICE, batch: HALF_PRICE, priority, fast: priority }
}

/** The answer tells the tier; one that a request alone asks for may not have been had, so it makes nothing cheaper. */
export function tierFactor(
  factors: ServiceTierFactors,
  { serviceTier: asked }: BillingTerms,
  told: string | undefined,
): number {
  if (told !== undefined) return factorOf(factors, told)
  return asked === undefined ? 1 : Math.max(1, factorOf(factors, asked))
}

function factorOf(factors: ServiceTierFactors, tier: string): number {
  return Object.hasOwn(factors, tier) ? factors[tier]! : 1
}

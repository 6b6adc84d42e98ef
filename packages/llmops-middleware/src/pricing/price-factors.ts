import type { Usage } from '../usage.ts'
import type { BillingTerms } from './billing-terms.ts'

export type Factors = Readonly<Record<string, number>>

/** What tokens cost in parts of the standard price, by how, how fast and where they are generated. */
export type PriceFactors = { readonly serviceTiers: Factors; readonly speeds: Factors; readonly regions: Factors }

export const NO_FACTORS: PriceFactors = { serviceTiers: {}, speeds: {}, regions: {} }

type FactorLine = readonly [model: RegExp, factor: number]

/**
 * What OpenAI's priority, called fast mode since July 2026, costs over the standard price, as of 26 November 2026. The list
 * of prices has no tiers; a test says when it learns them.
 */
const PRIORITY: readonly FactorLine[] = [
  // openai.com/api-fast-mode
  [/^gpt-5\.6-(terra|luna)/, 2],
  [/^gpt-5\.[56]/, 2.5],
  // openai.com/api-priority-processing
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
/** developers.openai.com/api/docs/guides/flex-processing and /batch; platform.claude.com/docs, pricing, batch processing. */
const HALF_PRICE = 0.5

/** What Anthropic's fast mode costs over the standard price, as of 26 November 2026, where the list has none. */
const CLAUDE_FAST: readonly FactorLine[] = [
  // platform.claude.com/docs/en/build-with-claude/fast-mode.md, when it was for these; openrouter.ai/anthropic/claude-opus-4.6-fast
  [/opus-4[-.][67]/, 6],
  // platform.claude.com/docs/build-with-claude/fast-mode; vercel.com/ai-gateway/models/claude-opus-5-fast
  [/opus-(4[-.]8|5)/, 2],
]
const MOST_CLAUDE_FAST = 6
/** platform.claude.com/docs, pricing, data residency: inference in the US alone, with Opus 4.6 and what came later. */
const CLAUDE_REGIONS: Factors = { us: 1.1 }

/** Of Anthropic's tiers only batches have a price of their own a token. */
export function publicFactors(model: string, seller: string): PriceFactors {
  if (model.includes('claude')) {
    // Sellers that name the fast one as a model of its own have its price in the list.
    const fast = model.includes('fast') ? 1 : factorIn(CLAUDE_FAST, model, MOST_CLAUDE_FAST)
    return { serviceTiers: { batch: HALF_PRICE }, speeds: { fast }, regions: CLAUDE_REGIONS }
  }
  if (seller !== 'openai' && seller !== 'azure') return NO_FACTORS
  const priority = factorIn(PRIORITY, model, MOST_PRIORITY)
  // `fast` is what OpenAI calls priority in requests.
  return { ...NO_FACTORS, serviceTiers: { flex: HALF_PRICE, batch: HALF_PRICE, priority, fast: priority } }
}

function factorIn(lines: readonly FactorLine[], model: string, otherwise: number): number {
  return lines.find(([name]) => name.test(model))?.[1] ?? otherwise
}

type Told = Pick<Usage, 'serviceTier' | 'speed' | 'region'>

/** The answer tells; what a request alone asks for may not have been had, so it makes nothing cheaper. */
export function factorOf(factors: PriceFactors, asked: BillingTerms, told: Told = {}): number {
  const { serviceTiers, speeds, regions } = factors
  return (
    factor(serviceTiers, asked.serviceTier, told.serviceTier) *
    factor(speeds, asked.speed, told.speed) *
    factor(regions, asked.region, told.region)
  )
}

function factor(factors: Factors, asked: string | undefined, told: string | undefined): number {
  if (told !== undefined) return named(factors, told)
  return asked === undefined ? 1 : Math.max(1, named(factors, asked))
}

function named(factors: Factors, name: string): number {
  return Object.hasOwn(factors, name) ? factors[name]! : 1
}

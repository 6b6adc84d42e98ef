import type { Usage } from '../usage.ts'
import type { BillingTerms } from './billing-terms.ts'
import { ONE_LOCATION } from './sellers.ts'

export type Factors = Readonly<Record<string, number>>

/** Factors on the standard token price, by service tier, speed and region. */
export type PriceFactors = { readonly serviceTiers: Factors; readonly speeds: Factors; readonly regions: Factors }

export const NO_FACTORS: PriceFactors = { serviceTiers: {}, speeds: {}, regions: {} }

type FactorLine = readonly [model: RegExp, factor: number]

/**
 * Factors for OpenAI's priority tier, called fast mode since July 2026, as of 26 November 2026. The price list has no
 * tiers; a test fails when it has them.
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
/** The highest factor of that list, for a model that is not on it. */
const MOST_PRIORITY = 2.5
/** developers.openai.com/api/docs/guides/flex-processing and /batch; platform.claude.com/docs, pricing, batch processing. */
const HALF_PRICE = 0.5

/** Factors for Anthropic's fast mode that the price list lacks, as of 26 November 2026. */
const CLAUDE_FAST: readonly FactorLine[] = [
  // platform.claude.com/docs/en/build-with-claude/fast-mode.md, when it was for these; openrouter.ai/anthropic/claude-opus-4.6-fast
  [/opus-4[-.][67]/, 6],
  // platform.claude.com/docs/build-with-claude/fast-mode; vercel.com/ai-gateway/models/claude-opus-5-fast
  [/opus-(4[-.]8|5)/, 2],
]
const MOST_CLAUDE_FAST = 6
/** platform.claude.com/docs, pricing, data residency: inference only in the US, for Opus 4.6 and later models. */
const CLAUDE_REGIONS: Factors = { us: 1.1 }

/** ai.google.dev/gemini-api/docs/flex-inference and /priority-inference, and the pricing page: 1.8 times each price. */
const GEMINI_TIERS: Factors = { flex: HALF_PRICE, batch: HALF_PRICE, priority: 1.8 }

/** cloud.google.com/gemini-enterprise-agent-platform/generative-ai/pricing: "Non-global" prices, which earlier models lack. */
const PRICED_BY_LOCATION = /gemini-(3\.[5-9]|[4-9])/
const GEMINI_REGIONS: Factors = { [ONE_LOCATION]: 1.1 }

/** developers.openai.com/api/docs/guides/data-residency: 10 % for models released since 5 March 2026, in every region. */
const RESIDENT = /^gpt-(5\.([4-9]|\d\d)|[6-9])/
const REGIONS = ['us', 'eu', 'au', 'ca', 'jp', 'in', 'sg', 'kr', 'gb', 'ae']
const OPENAI_REGIONS: Factors = Object.fromEntries(REGIONS.map((region) => [region, 1.1]))

/** Among Anthropic's tiers, only batches have their own token price. */
export function publicFactors(model: string, seller: string): PriceFactors {
  if (model.includes('claude')) {
    // Some sellers list fast mode as a separate model with its own price.
    const fast = model.includes('fast') ? 1 : factorIn(CLAUDE_FAST, model, MOST_CLAUDE_FAST)
    return { serviceTiers: { batch: HALF_PRICE }, speeds: { fast }, regions: CLAUDE_REGIONS }
  }
  if (model.includes('gemini')) {
    const regions = PRICED_BY_LOCATION.test(model) ? GEMINI_REGIONS : {}
    return { ...NO_FACTORS, serviceTiers: GEMINI_TIERS, regions }
  }
  if (seller !== 'openai' && seller !== 'azure') return NO_FACTORS
  const priority = factorIn(PRIORITY, model, MOST_PRIORITY)
  // `fast` is what OpenAI calls priority in requests.
  const regions = RESIDENT.test(model) ? OPENAI_REGIONS : {}
  return { ...NO_FACTORS, serviceTiers: { flex: HALF_PRICE, batch: HALF_PRICE, priority, fast: priority }, regions }
}

function factorIn(lines: readonly FactorLine[], model: string, otherwise: number): number {
  return lines.find(([name]) => name.test(model))?.[1] ?? otherwise
}

type Reported = Pick<Usage, 'serviceTier' | 'speed' | 'region'>

/** Uses what the answer reports. A request may not get the tier it asks for, so its terms never lower the price. */
export function factorOf(factors: PriceFactors, asked: BillingTerms, reported: Reported = {}): number {
  const { serviceTiers, speeds, regions } = factors
  return (
    factor(serviceTiers, asked.serviceTier, reported.serviceTier) *
    factor(speeds, asked.speed, reported.speed) *
    factor(regions, asked.region, reported.region)
  )
}

function factor(factors: Factors, asked: string | undefined, reported: string | undefined): number {
  if (reported !== undefined) return named(factors, reported)
  return asked === undefined ? 1 : Math.max(1, named(factors, asked))
}

function named(factors: Factors, name: string): number {
  return Object.hasOwn(factors, name) ? factors[name]! : 1
}

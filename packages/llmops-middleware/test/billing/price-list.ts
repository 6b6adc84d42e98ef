/**
 * What providers print, in nano-USD a token, written down for this test: nothing here comes from the package or from what
 * it reads its prices from.
 * openai.com/api/pricing, platform.claude.com/docs/en/about-claude/pricing, ai.google.dev/gemini-api/docs/pricing
 */
export type ModelPrices = {
  readonly input: number
  readonly cached: number
  readonly output: number
  /** Written to a cache for five minutes, and for an hour. */
  readonly written?: readonly [number, number]
  /** What one token costs more with `service_tier: 'priority'`. */
  readonly priority?: number
  readonly maxOutputTokens: number
  readonly contextTokens: number
}

export const PRICES = {
  'gpt-4o': {
    input: 2500,
    cached: 1250,
    output: 10_000,
    priority: 1.7,
    maxOutputTokens: 16_384,
    contextTokens: 128_000,
  },
  'gpt-4o-mini': { input: 150, cached: 75, output: 600, maxOutputTokens: 16_384, contextTokens: 128_000 },
  'gpt-4.1': {
    input: 2000,
    cached: 500,
    output: 8000,
    priority: 1.75,
    maxOutputTokens: 32_768,
    contextTokens: 1_047_576,
  },
  'gpt-4.1-mini': { input: 400, cached: 100, output: 1600, maxOutputTokens: 32_768, contextTokens: 1_047_576 },
  'gpt-5-mini': { input: 250, cached: 25, output: 2000, maxOutputTokens: 128_000, contextTokens: 400_000 },
  'claude-haiku-4-5': {
    input: 1000,
    cached: 100,
    output: 5000,
    written: [1250, 2000],
    maxOutputTokens: 64_000,
    contextTokens: 200_000,
  },
  'text-embedding-3-small': { input: 20, cached: 20, output: 0, maxOutputTokens: 0, contextTokens: 8192 },
} as const satisfies Record<string, ModelPrices>

export type PricedModel = keyof typeof PRICES

/** A web search of OpenAI's Responses ($10 for a thousand), and of Anthropic (the same). */
export const SEARCH_NANOS = 10_000_000

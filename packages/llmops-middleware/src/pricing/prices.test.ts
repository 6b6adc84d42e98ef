import { calcPrice, findProvider } from '@pydantic/genai-prices'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Usage } from '../usage.ts'
import type { Nanos } from '../usd.ts'
import { createRateCard, type RateCard, UnknownModelPriceError } from './index.ts'

const MINUTE_MS = 60_000
const NOON = new Date('2026-11-26T12:00:00Z')
const atNoon = { now: () => NOON.getTime() }
const PROVIDERS = ['openai', 'azure', 'anthropic', 'google', 'mistral', 'deepseek']

/**
 * Changes of this folder that no test can see: how long a price is remembered, short of a quarter of an hour, and of how
 * many models (it is only read again); the order in which a list gives its tiers and its providers, since it has them in
 * order; what is free from which token on; and what the dearest price would be in another year.
 */
let rateCard: RateCard
beforeEach(() => {
  rateCard = createRateCard(atNoon)
})

/** What the public list itself charges, in nano-USD. */
function listed(model: string, usage: Usage, timestamp = NOON): number {
  const { inputTokens, cachedInputTokens = 0, cacheWriteTokens = 0, outputTokens } = usage
  const counts = { input_tokens: inputTokens, cache_read_tokens: cachedInputTokens, output_tokens: outputTokens }
  return calcPrice({ ...counts, cache_write_tokens: cacheWriteTokens }, model, { timestamp })!.total_price * 1e9
}

describe('a price of the public list', () => {
  it.each([
    ['claude-sonnet-4-5', 200_000],
    ['gemini-2.5-pro', 200_000],
    ['gpt-5.6-sol', 271_999],
    ['gpt-6-sol', 272_000],
  ])('of %s changes for the whole call above %i tokens of input', (model, start) => {
    for (const inputTokens of [1, start - 1, start, start + 1, start + 2]) {
      for (const counts of [{}, { cachedInputTokens: 1 }, { cacheWriteTokens: 1 }]) {
        const usage = { inputTokens, outputTokens: 1000, ...counts }
        expect(rateCard.costNanos(model, usage)).toBe(Math.ceil(listed(model, usage) - 0.01))
      }
    }
    const perToken = (tokens: number) => rateCard.cost(model, { inputTokens: tokens, outputTokens: 0 }) / tokens
    expect(perToken(start + 1)).toBeGreaterThan(1.9 * perToken(start))
  })

  it('of tokens written to a cache is a quarter above the input of Claude, and the input where none is listed', () => {
    const written = { inputTokens: 1000, cacheWriteTokens: 1000, outputTokens: 0 }
    expect(rateCard.costNanos('claude-sonnet-4-5', written)).toBe(3_750_000)
    expect(rateCard.costNanos('gpt-4o', written)).toBe(2_500_000)
  })

  it('of tokens read from a cache is the input where none is listed', () => {
    const cached = { inputTokens: 1000, cachedInputTokens: 1000, outputTokens: 0 }
    expect(rateCard.costNanos('gpt-4o', cached)).toBe(1_250_000)
    expect(rateCard.costNanos('text-embedding-3-small', cached)).toBe(20_000)
  })

  it('that changes with the hour is that of the moment, a quarter of an hour later at the latest', () => {
    let now = Date.parse('2026-11-26T16:29:00Z')
    const card = createRateCard({ now: () => now })
    const usage = { inputTokens: 1_000_000, outputTokens: 0 }
    expect(card.cost('deepseek-chat', usage)).toBe(0.27)
    now += 15 * MINUTE_MS
    expect(card.cost('deepseek-chat', usage)).toBe(0.135)
    const evening = new Date(now)
    expect(listed('deepseek-chat', usage, evening)).toBeCloseTo(0.135e9)
  })

  it('is found under every name of the list that has one, and under no other', () => {
    for (const providerId of PROVIDERS) {
      for (const { id } of findProvider({ providerId })!.models) {
        const found = calcPrice({}, id, { timestamp: NOON }) ?? calcPrice({}, id, { providerId, timestamp: NOON })
        if (!found) continue
        const { input_mtok: perToken, audio_hours: perHour } = found.model_price
        expect([id, rateCard.knows(id)]).toEqual([id, perToken !== undefined || perHour !== undefined])
      }
    }
    // Priced by the hour of audio: no count of tokens says what it costs.
    expect(() => rateCard.cost('whisper-1', { inputTokens: 1, outputTokens: 1 })).toThrow(UnknownModelPriceError)
    expect(rateCard.knows('gpt-4o')).toBe(true)
  })
})

describe('what a model is', () => {
  it.each([
    ['gpt-4o', 'chat', 'openai', 128_000, 16_384],
    ['claude-sonnet-4-5', 'chat', 'anthropic', 200_000, 64_000],
    ['gemini-2.5-pro', 'chat', 'google', 1_048_576, 65_536],
    ['text-embedding-3-small', 'embeddings', 'openai', 8192, undefined],
    // The list has a price for its output, of which it has none.
    ['mistral-embed', 'embeddings', 'mistral', 8192, undefined],
  ])('is on the list, or in the table beside it: %s', (model, operation, maker, contextTokens, maxOutputTokens) => {
    expect(rateCard.kindOf?.(model)).toEqual({ operation, maker })
    expect(rateCard.maxOutputTokens(model)).toBe(maxOutputTokens)
    expect(rateCard.contextTokens(model)).toBe(contextTokens)
  })

  it.each([
    ['gpt-4o-2024-05-13', 4_096],
    ['gpt-4o-2024-11-20', 16_384],
    ['openai/gpt-4.1-mini', 32_768],
    ['ft:gpt-4.1-mini-2025-04-14:acme::id', 32_768],
    ['gpt-4', 8_192],
    ['gpt-4-turbo-2024-04-09', 4_096],
    ['gpt-5.4-mini', 128_000],
    ['gpt-5-chat-latest', 16_384],
    ['gpt-5.2-chat-latest', 16_384],
    ['o4-mini-2025-04-16', 100_000],
    ['claude-3-haiku-20240307', 4_096],
    ['claude-3-5-sonnet-20241022', 8_192],
    ['claude-opus-4-1-20250805', 32_000],
    ['claude-sonnet-4-20250514', 64_000],
    ['claude-opus-4-6', 128_000],
    ['claude-sonnet-5', 128_000],
    ['anthropic/claude-sonnet-4.6', 128_000],
    ['gemini-2.0-flash', 8_192],
    ['google/gemini-3.5-flash', 65_536],
    ['deployment-at-home', undefined],
  ])('generates at most what is documented: %s, %s', (model, tokens) => {
    expect(rateCard.maxOutputTokens(model)).toBe(tokens)
  })

  it.each([
    ['ft:gpt-4.1-2025-04-14:acme::id', 1_047_576],
    ['openai/gpt-4.1', 1_047_576],
  ])('reads as much as the model that it is made of: %s', (model, tokens) => {
    expect(rateCard.contextTokens(model)).toBe(tokens)
  })

  it('has no maximum output in the price list, so that our table stays', () => {
    const models = ['openai', 'anthropic', 'google'].flatMap((id) => findProvider({ providerId: id })!.models)
    expect(new Set(models.flatMap((model) => Object.keys(model)))).not.toContain('max_output_tokens')
    expect([...new Set(models.flatMap((model) => Object.keys(model)))].filter((key) => /output/.test(key))).toEqual([])
  })

  it('is unknown of a model that is nowhere, which may read a million tokens', () => {
    expect(rateCard.kindOf?.('llama-at-home')).toBeUndefined()
    expect(rateCard.maxOutputTokens('llama-at-home')).toBeUndefined()
    expect(rateCard.contextTokens('llama-at-home')).toBe(1_050_000)
  })

  it('stays what it was at a price of your own', () => {
    const price = { inputUsdPerMillion: 1, outputUsdPerMillion: 0 }
    const card = createRateCard({ overrides: { 'gpt-4o': price }, deployments: { prod: 'gpt-4o' } })
    for (const model of ['gpt-4o', 'prod']) expect(card.kindOf?.(model)).toEqual({ operation: 'chat', maker: 'openai' })
  })

  it.each([
    [1, 0, 'embeddings'],
    [1, 2, undefined],
    [0, 2, undefined],
    // Nothing is charged at all: nobody can tell.
    [0, 0, undefined],
  ])('at $%d in and $%d out of a model that only you know is %s', (input, output, operation) => {
    const card = createRateCard({ overrides: { own: { inputUsdPerMillion: input, outputUsdPerMillion: output } } })
    expect(card.kindOf?.('own')).toStrictEqual({ operation, maker: undefined })
  })
})

describe('a price of your own', () => {
  const price = { inputUsdPerMillion: 2, cachedInputUsdPerMillion: 0.5, cacheWriteUsdPerMillion: 3 }
  const own = { ...price, outputUsdPerMillion: 8, maxOutputTokens: 700, contextTokens: 9_000 }
  const card = createRateCard({ ...atNoon, overrides: { own, served: own }, deployments: { prod: 'served' } })

  it.each(['own', 'prod'])('counts each kind of token at its rate, from the first token: %s', (model) => {
    const usage = { inputTokens: 100, cachedInputTokens: 20, cacheWriteTokens: 30, outputTokens: 10 }
    expect(card.costNanos(model, usage)).toBe(50 * 2000 + 20 * 500 + 30 * 3000 + 10 * 8000)
    expect(card.costNanos(model, { inputTokens: 1, outputTokens: 0 })).toBe(2000)
    expect(card.maxOutputTokens(model)).toBe(700)
    expect(card.contextTokens(model)).toBe(9_000)
  })

  it('is that of the deployment before that of its model, each for what it says', () => {
    const dear = { inputUsdPerMillion: 9, outputUsdPerMillion: 9 }
    const deployments = { prod: 'served' }
    const usage = { inputTokens: 1, outputTokens: 0 }
    const both = createRateCard({ deployments, overrides: { prod: { ...dear, contextTokens: 5 }, served: own } })
    expect(both.costNanos('prod', usage)).toBe(9000)
    expect(both.contextTokens('prod')).toBe(5)
    const partly = createRateCard({ deployments, overrides: { prod: dear, served: own } })
    expect(partly.contextTokens('prod')).toBe(9_000)
  })

  it('charges the input for the cache where it does not say more', () => {
    const plain = createRateCard({ overrides: { own: { inputUsdPerMillion: 2, outputUsdPerMillion: 8 } } })
    const usage = { inputTokens: 100, cachedInputTokens: 20, cacheWriteTokens: 30, outputTokens: 0 }
    expect(plain.costNanos('own', usage)).toBe(200_000)
  })

  it('holds the dearest that an input token can become', () => {
    expect(card.worstCaseNanos('own', { inputTokens: 10, maxOutputTokens: 5 })).toBe(10 * 3000 + 5 * 8000)
    expect(card.worstCaseNanos('own', { inputTokens: 1, maxOutputTokens: 0 })).toBe(3000)
    expect(card.worstCaseNanos('own', { inputTokens: 0, maxOutputTokens: 1 })).toBe(8000)
  })
})

describe('the worst case of the public list', () => {
  it.each([
    ['gemini-2.5-pro', 200_000],
    ['gpt-6-sol', 272_000],
  ])('of %s is at the price of its length, not of a longer one', (model, start) => {
    for (const inputTokens of [0, 1, start, start + 1]) {
      const worst = rateCard.worstCaseNanos(model, { inputTokens, maxOutputTokens: 1000 })
      const dearest = [{}, { cacheWriteTokens: inputTokens }].map((counts) =>
        rateCard.costNanos(model, { inputTokens, outputTokens: 1000, ...counts }),
      )
      expect(worst).toBe(Math.max(...dearest))
    }
  })
})

describe('what an amount buys', () => {
  const free = createRateCard({ overrides: { embeds: { inputUsdPerMillion: 2, outputUsdPerMillion: 0 } } })
  it.each([
    ['gpt-4o', 0, 0, 0],
    ['gpt-4o', 100, 249_999, -1],
    ['gpt-4o', 100, 250_000, 0],
    ['gpt-4o', 100, 259_999, 0],
    ['gpt-4o', 100, 260_000, 1],
    ['embeds', 100, 199_999, -1],
    ['embeds', 100, 200_000, Number.MAX_SAFE_INTEGER],
  ])('of %s, behind %i tokens of input, for %i nano-USD, is %i of output', (model, inputTokens, amount, bought) => {
    expect(free.affordableOutputTokens(model, inputTokens, amount as Nanos)).toBe(bought)
  })
})

describe('a count that cannot be', () => {
  it.each([
    [{ inputTokens: -1, outputTokens: 0 }, /`inputTokens` must be a whole number.*-1/],
    [{ inputTokens: 5, cachedInputTokens: -1, outputTokens: 0 }, /`cachedInputTokens`.*-1/],
    [{ inputTokens: 5, cacheWriteTokens: 0.5, outputTokens: 0 }, /`cacheWriteTokens`.*0\.5/],
    [{ inputTokens: 5, outputTokens: Number.NaN }, /`outputTokens`.*NaN/],
    [
      { inputTokens: 5, cachedInputTokens: 4, cacheWriteTokens: 3, outputTokens: 0 },
      /`cachedInputTokens`.*at most inputTokens, 5.*7/,
    ],
  ])('is refused by name: %o', (usage, message) => {
    expect(() => rateCard.costNanos('gpt-4o', usage)).toThrow(message)
  })

  it('is not one where all of the input was cached', () => {
    const usage = { inputTokens: 5, cachedInputTokens: 2, cacheWriteTokens: 3, outputTokens: 0 }
    expect(rateCard.costNanos('gpt-4o', usage)).toBe(2 * 1250 + 3 * 2500)
  })
})

describe('a price that cannot be', () => {
  it.each([
    [{ inputUsdPerMillion: -1 }, /inputUsdPerMillion` must be US dollars per million tokens, from 0 to 1,000,000.*-1/],
    [{ outputUsdPerMillion: 1_000_001 }, /outputUsdPerMillion`.*1000001/],
    [{ cachedInputUsdPerMillion: '1' }, /cachedInputUsdPerMillion`.*'1'/],
    [{ cacheWriteUsdPerMillion: Number.NaN }, /cacheWriteUsdPerMillion`.*NaN/],
    [{ maxOutputTokens: 0 }, /maxOutputTokens`.*tokens.*got 0/],
    [{ contextTokens: 1.5 }, /contextTokens`.*tokens.*1\.5/],
  ])('is refused by name: %o', (over, message) => {
    const overrides = { own: { inputUsdPerMillion: 1, outputUsdPerMillion: 1, ...(over as object) } }
    expect(() => createRateCard({ overrides })).toThrow(message)
  })

  it('is not one at either end of what is accepted', () => {
    const overrides = { own: { inputUsdPerMillion: 0, outputUsdPerMillion: 1_000_000, maxOutputTokens: 1 } }
    expect(createRateCard({ overrides }).cost('own', { inputTokens: 1, outputTokens: 1 })).toBe(1)
  })
})

describe('an unknown model', () => {
  it('is refused with block, as without a rule', () => {
    const card = createRateCard({ unknownModel: 'block' })
    expect(() => card.cost('nobody', { inputTokens: 1, outputTokens: 1 })).toThrow(UnknownModelPriceError)
  })

  it('costs with assumeMax at least what any model of the large providers does, in each kind of token', () => {
    const card = createRateCard({ ...atNoon, unknownModel: 'assumeMax' })
    const kinds: Usage[] = [
      { inputTokens: 1, outputTokens: 0 },
      { inputTokens: 1, cachedInputTokens: 1, outputTokens: 0 },
      { inputTokens: 1, cacheWriteTokens: 1, outputTokens: 0 },
      { inputTokens: 0, outputTokens: 1 },
      { inputTokens: 1_000_000, outputTokens: 1_000_000 },
      { inputTokens: 1_000_000, cacheWriteTokens: 1_000_000, outputTokens: 0 },
    ]
    for (const providerId of PROVIDERS) {
      for (const { id } of findProvider({ providerId })!.models) {
        if (!rateCard.knows(id) || rateCard.kindOf?.(id)?.operation === 'media') continue
        // Some are paid by the call, too.
        const perCall = rateCard.costNanos(id, { inputTokens: 0, outputTokens: 0 })
        for (const usage of kinds) {
          expect(card.costNanos('nobody', usage)).toBeGreaterThanOrEqual(rateCard.costNanos(id, usage) - perCall)
        }
      }
    }
    const call = { inputTokens: 1, maxOutputTokens: 1 }
    expect(card.worstCaseNanos('nobody', call)).toBe(card.costNanos('nobody', { inputTokens: 1, outputTokens: 1 }))
  })

  it('costs nothing with allow, at worst too, and may answer without end', () => {
    const card = createRateCard({ unknownModel: 'allow' })
    const usage = { inputTokens: 1000, cachedInputTokens: 10, cacheWriteTokens: 10, outputTokens: 1000 }
    expect(card.costNanos('nobody', usage)).toBe(0)
    expect(card.worstCaseNanos('nobody', { inputTokens: 1000, maxOutputTokens: 1000 })).toBe(0)
    expect(card.affordableOutputTokens('nobody', 1000, 0 as Nanos)).toBe(Number.MAX_SAFE_INTEGER)
    expect(card.maxOutputTokens('nobody')).toBeUndefined()
    expect(card.knows('nobody')).toBe(false)
  })
})

describe('a price that depends on the hour', () => {
  const atClock = () => {
    let nowMs = 0
    const card = createRateCard({ now: () => nowMs })
    const usdAt = (...time: [day: number, hour: number, minute: number]) => {
      nowMs = Date.UTC(2026, 10, ...time)
      return card.cost('deepseek-v4-pro', { inputTokens: 1_000_000, outputTokens: 0 })
    }
    const heldAt = (...time: [day: number, hour: number, minute: number]) => {
      usdAt(...time)
      return card.worstCaseNanos('deepseek-v4-pro', { inputTokens: 1_000_000, maxOutputTokens: 0 }) / 1e9
    }
    return { usdAt, heldAt }
  }

  it('is the new one from the first minute of its hour, and the old one again if the clock is set back', () => {
    const { usdAt } = atClock()
    const times = [usdAt(25, 0, 59), usdAt(25, 1, 0), usdAt(25, 0, 50), usdAt(25, 3, 59), usdAt(25, 4, 0)]
    expect(times).toEqual([0.66, 1.32, 0.66, 1.32, 0.66])
  })

  it('is held at the dearest that it can have when the call ends', () => {
    const { heldAt } = atClock()
    expect([heldAt(25, 23, 50), heldAt(25, 0, 30), heldAt(25, 3, 59), heldAt(25, 4, 30)]).toEqual([
      0.66, 1.32, 1.32, 0.66,
    ])
  })
})

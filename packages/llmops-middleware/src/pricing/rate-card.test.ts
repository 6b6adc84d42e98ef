import { calcPrice } from '@pydantic/genai-prices'
import { fc } from 'test-support/generated'
import { describe, expect, it } from 'vitest'
import { InvalidOptionError } from '../errors.ts'
import type { USAGE_COUNTS, Usage } from '../usage.ts'
import type { Nanos } from '../usd.ts'
import { createRateCard, UnknownModelPriceError } from './index.ts'

const MODELS = ['gpt-4o', 'gpt-4o-mini', 'gpt-5-mini', 'claude-sonnet-4-5', 'gemini-2.5-pro']
const rateCard = createRateCard()
const tokens = fc.integer({ min: 0, max: 400_000 })
const aCall = fc.record({
  model: fc.constantFrom(...MODELS),
  input: tokens,
  cachedShare: fc.double({ min: 0, max: 1, noNaN: true }),
  output: tokens,
})

describe('a rate card', () => {
  it('prices cached tokens apart: gpt-4o-mini, 10,000 in of which 4,000 cached, 500 out, is $0.0015', () => {
    const usage = { inputTokens: 10_000, cachedInputTokens: 4_000, outputTokens: 500 }
    expect(rateCard.cost('gpt-4o-mini', usage)).toBe(0.0015)
    expect(rateCard.costNanos('gpt-4o-mini', usage)).toBe(1_500_000)
  })

  it('knows a dated name and an embedding model', () => {
    expect(rateCard.costNanos('gpt-4o-2024-08-06', { inputTokens: 1, outputTokens: 1 })).toBe(12_500)
    expect(rateCard.costNanos('text-embedding-3-small', { inputTokens: 1000, outputTokens: 0 })).toBe(20_000)
  })

  it('agrees with the public list to the nano-USD, rounded up', () => {
    fc.assert(
      fc.property(aCall, ({ model, input, cachedShare, output }) => {
        const cached = Math.floor(input * cachedShare)
        const ours = rateCard.costNanos(model, { inputTokens: input, cachedInputTokens: cached, outputTokens: output })
        const theirs = calcPrice({ input_tokens: input, cache_read_tokens: cached, output_tokens: output }, model)!
        expect(ours - theirs.total_price * 1e9).toBeGreaterThan(-0.01)
        expect(ours - theirs.total_price * 1e9).toBeLessThan(1)
      }),
    )
  })

  it('has a worst case that no usage within it exceeds', () => {
    fc.assert(
      fc.property(aCall, ({ model, input, cachedShare, output }) => {
        const worst = rateCard.worstCaseNanos(model, { inputTokens: input, maxOutputTokens: output })
        const usage = { inputTokens: input, cachedInputTokens: Math.floor(input * cachedShare), outputTokens: output }
        expect(rateCard.costNanos(model, usage)).toBeLessThanOrEqual(worst)
      }),
    )
  })

  const MEDIA_MODELS = [...MODELS, 'gpt-5.6', 'gpt-audio', 'gpt-realtime', 'gemini-2.5-flash', 'gemini-2.5-flash-image']
  const few = fc.integer({ min: 0, max: 150_000 })
  const parts = fc.record({
    model: fc.constantFrom(...MEDIA_MODELS),
    fresh: few,
    cached: few,
    written: few,
    hourShare: fc.double({ min: 0, max: 1, noNaN: true }),
    audioShare: fc.double({ min: 0, max: 1, noNaN: true }),
    imageShare: fc.double({ min: 0, max: 1, noNaN: true }),
    output: few,
    webSearches: fc.nat(20),
    fileSearches: fc.nat(20),
    containerGigabytes: fc.nat(64),
  })
  const usageOf = (part: typeof parts extends fc.Arbitrary<infer Part> ? Part : never): Usage => {
    const { fresh, cached, written, hourShare, audioShare, imageShare, output } = part
    const { webSearches, fileSearches, containerGigabytes } = part
    const inputTokens = fresh + cached + written
    const shareOf = (whole: number, share: number) => Math.floor(whole * share)
    const inputAudioTokens = shareOf(inputTokens, audioShare)
    const outputAudioTokens = shareOf(output, audioShare)
    return {
      inputTokens,
      cachedInputTokens: cached,
      cacheWriteTokens: written,
      hourCacheWriteTokens: shareOf(written, hourShare),
      inputAudioTokens,
      inputImageTokens: shareOf(inputTokens - inputAudioTokens, imageShare),
      outputTokens: output,
      outputAudioTokens,
      outputImageTokens: shareOf(output - outputAudioTokens, imageShare),
      webSearches,
      fileSearches,
      containerGigabytes,
    }
  }

  it('has a worst case that covers every unit that its terms allow', () => {
    fc.assert(
      fc.property(parts, (part) => {
        const usage = usageOf(part)
        const { inputTokens, outputTokens, webSearches = 0, fileSearches = 0, containerGigabytes = 0 } = usage
        const terms = {
          keepsCacheForHour: true,
          hasSound: true,
          hasPictures: true,
          webSearches,
          fileSearches,
          containerGigabytes,
        }
        const worst = rateCard.worstCaseNanos(part.model, { inputTokens, maxOutputTokens: outputTokens, terms })
        expect(rateCard.costNanos(part.model, usage, terms)).toBeLessThanOrEqual(worst)
      }),
    )
  })

  it.each<[string, (typeof USAGE_COUNTS)[number][]]>([
    ['input', ['inputTokens']],
    ['cached input', ['inputTokens', 'cachedInputTokens']],
    ['a cache write', ['inputTokens', 'cacheWriteTokens']],
    ['a cache write for an hour', ['inputTokens', 'cacheWriteTokens', 'hourCacheWriteTokens']],
    ['sound in', ['inputTokens', 'inputAudioTokens']],
    ['pictures in', ['inputTokens', 'inputImageTokens']],
    ['output', ['outputTokens']],
    ['sound out', ['outputTokens', 'outputAudioTokens']],
    ['pictures out', ['outputTokens', 'outputImageTokens']],
    ['searches of the web', ['webSearches']],
    ['searches of files', ['fileSearches']],
    ['containers', ['containerGigabytes']],
  ])('never asks less for more of %s', (_, names) => {
    fc.assert(
      fc.property(parts, fc.integer({ min: 1, max: 100_000 }), (part, more) => {
        const usage = usageOf(part)
        const increased = { ...usage, ...Object.fromEntries(names.map((name) => [name, usage[name]! + more])) }
        const { costNanos } = rateCard
        expect(costNanos(part.model, increased)).toBeGreaterThanOrEqual(costNanos(part.model, usage))
      }),
    )
  })

  it('says how many output tokens an amount buys, not one more and not one less', () => {
    fc.assert(
      fc.property(aCall, fc.integer({ min: 0, max: 10 ** 12 }), ({ model, input }, amount) => {
        const affordable = rateCard.affordableOutputTokens(model, input, amount as Nanos)
        const worst = (output: number) =>
          rateCard.worstCaseNanos(model, { inputTokens: input, maxOutputTokens: output })
        if (affordable < 0) expect(worst(0)).toBeGreaterThan(amount)
        else {
          expect(worst(affordable)).toBeLessThanOrEqual(amount)
          expect(worst(affordable + 1)).toBeGreaterThan(amount)
        }
      }),
    )
  })

  it('prices a deployment as the model that it serves, and a negotiated price before the public one', () => {
    const card = createRateCard({
      deployments: { 'support-prod': 'gpt-4o' },
      overrides: {
        ptu: { inputUsdPerMillion: 0, outputUsdPerMillion: 0 },
        'gpt-4o-mini': { inputUsdPerMillion: 1, outputUsdPerMillion: 2 },
      },
    })
    const usage = { inputTokens: 1000, outputTokens: 1000 }
    expect(card.cost('support-prod', usage)).toBe(rateCard.cost('gpt-4o', usage))
    expect(card.cost('ptu', usage)).toBe(0)
    expect(card.cost('gpt-4o-mini', usage)).toBe(0.003)
  })

  it.each([
    ['openai/gpt-4o', 'gpt-4o'],
    ['@openai-prod/gpt-4o', 'gpt-4o'],
    ['openrouter/openai/gpt-4o', 'gpt-4o'],
    ['openai/gpt-4o:online', 'gpt-4o'],
    ['google/gemini-2.5-pro', 'gemini-2.5-pro'],
    ['models/gemini-2.5-flash', 'gemini-2.5-flash'],
    ['publishers/google/models/gemini-2.5-flash', 'gemini-2.5-flash'],
    ['x-ai/grok-4', 'grok-4'],
    ['perplexity/sonar-pro', 'sonar-pro'],
    ['groq/llama-3.3-70b-versatile', 'llama-3.3-70b-versatile'],
    ['azure/gpt-4o-2024-08-06', 'gpt-4o'],
  ])('knows %s as %s', (prefixed, model) => {
    const usage = { inputTokens: 1000, outputTokens: 1000 }
    expect(rateCard.costNanos(prefixed, usage)).toBe(rateCard.costNanos(model, usage))
  })

  it.each([
    ['llama-3.3-70b-versatile', 0.59, 0.79],
    ['grok-4', 3, 15],
    ['ft:gpt-4o-2024-08-06:acme::id', 3.75, 15],
    ['ft:gpt-4o-mini-2024-07-18:acme::id', 0.3, 1.2],
    ['ft:gpt-4.1-2025-04-14:acme:name:id', 3, 12],
  ])('has the price of %s', (model, inputUsd, outputUsd) => {
    expect(rateCard.cost(model, { inputTokens: 1_000_000, outputTokens: 0 })).toBeCloseTo(inputUsd, 9)
    expect(rateCard.cost(model, { inputTokens: 0, outputTokens: 1_000_000 })).toBeCloseTo(outputUsd, 9)
  })

  it('adds what Perplexity asks for each request', () => {
    expect(rateCard.cost('sonar-pro', { inputTokens: 1_000_000, outputTokens: 1_000_000 })).toBe(18.014)
  })

  it.each(['@prod/llama-at-home', 'openai/llama-at-home', 'acme/gpt-4o', 'ft:llama:acme::id', '/', 'openai/', '@'])(
    'knows no price of %s',
    (model) => {
      expect(rateCard.knows(model)).toBe(false)
    },
  )

  it('has the price of who sells a model, where they have one of their own', () => {
    const cached = { inputTokens: 1_000_000, cachedInputTokens: 1_000_000, outputTokens: 0 }
    expect(rateCard.cost('o4-mini', cached)).toBe(0.275)
    expect(rateCard.cost('o4-mini', cached, { seller: 'azure' })).toBe(0.28)
    const long = { inputTokens: 300_000, outputTokens: 0 }
    expect(rateCard.cost('claude-opus-4-6', long)).toBe(1.5)
    expect(rateCard.cost('claude-opus-4-6', long, { seller: 'google' })).toBe(3)
    expect(rateCard.cost('gpt-4o', cached, { seller: 'nobody' })).toBe(rateCard.cost('gpt-4o', cached))
  })

  it('has a negotiated price for the dated and prefixed names of its model too, and for no other', () => {
    const card = createRateCard({ overrides: { 'gpt-4o': { inputUsdPerMillion: 1, outputUsdPerMillion: 2 } } })
    const usage = { inputTokens: 1000, outputTokens: 1000 }
    for (const name of ['gpt-4o-2024-08-06', 'openai/gpt-4o', '@openai-prod/gpt-4o-2024-11-20']) {
      expect(card.cost(name, usage)).toBe(0.003)
    }
    for (const name of ['gpt-4o-mini', 'gpt-4o-mini-2024-07-18']) {
      expect(card.cost(name, usage)).toBe(rateCard.cost(name, usage))
    }
  })

  it('takes the share of a cached rate from the public price where a negotiated one leaves it out', () => {
    const card = createRateCard({
      overrides: {
        'claude-sonnet-4-6': { inputUsdPerMillion: 1.5, outputUsdPerMillion: 7.5 },
        'at-home': { inputUsdPerMillion: 1, outputUsdPerMillion: 2 },
      },
    })
    const cached = { inputTokens: 1_000_000, cachedInputTokens: 1_000_000, outputTokens: 0 }
    const written = { inputTokens: 1_000_000, cacheWriteTokens: 1_000_000, outputTokens: 0 }
    expect(card.cost('claude-sonnet-4-6', cached)).toBe(0.15)
    expect(card.cost('claude-sonnet-4-6', written)).toBe(1.875)
    expect(card.cost('claude-sonnet-4-6', { ...written, hourCacheWriteTokens: 1_000_000 })).toBe(3)
    expect(card.cost('at-home', cached)).toBe(1)
  })

  it.each([
    ['more cached than sent', { inputTokens: 1, cachedInputTokens: 2, outputTokens: 0 }, /cachedInputTokens/],
    ['a negative count', { inputTokens: -1, outputTokens: 0 }, /inputTokens.*-1/],
    ['half a token', { inputTokens: 1, outputTokens: 0.5 }, /outputTokens.*0\.5/],
  ])('refuses %s by name', (_, usage, message) => {
    expect(() => rateCard.costNanos('gpt-4o', usage)).toThrow(message)
  })
})

describe('a model without a price', () => {
  const usage = { inputTokens: 1000, outputTokens: 1000 }

  it('is refused by default, and the error says what to do', () => {
    expect(() => rateCard.cost('llama-at-home', usage)).toThrow(UnknownModelPriceError)
    expect(() => rateCard.cost('llama-at-home', usage)).toThrow(/llama-at-home.*overrides/)
    expect(rateCard.knows('llama-at-home')).toBe(false)
  })

  it('costs the dearest price of the list with assumeMax', () => {
    const card = createRateCard({ unknownModel: 'assumeMax' })
    for (const model of MODELS) {
      expect(card.cost('llama-at-home', usage)).toBeGreaterThanOrEqual(card.cost(model, usage))
    }
  })

  it('is free with `allow`, and reported each time', () => {
    const heard: string[] = []
    const card = createRateCard({ unknownModel: 'allow', onUnknown: (model) => heard.push(model) })
    expect(card.cost('llama-at-home', usage)).toBe(0)
    expect(heard).toEqual(['llama-at-home'])
  })

  it('must be met with a rule that exists', () => {
    expect(() => createRateCard({ unknownModel: 'ignore' as 'allow' })).toThrow(InvalidOptionError)
  })
})

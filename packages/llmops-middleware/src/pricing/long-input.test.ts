import { findProvider } from '@pydantic/genai-prices'
import { describe, expect, it } from 'vitest'
import { createRateCard, type RateCardOptions } from './index.ts'

const price = (longInput: NonNullable<NonNullable<RateCardOptions['overrides']>[string]['longInput']>) =>
  createRateCard({
    overrides: {
      'gpt-4o': { inputUsdPerMillion: 2, cachedInputUsdPerMillion: 0.5, outputUsdPerMillion: 8, longInput },
    },
  })

describe('a price of its own for long input', () => {
  const rateCard = price([
    { aboveInputTokens: 100_000, inputUsdPerMillion: 4, outputUsdPerMillion: 12 },
    { aboveInputTokens: 200_000, inputUsdPerMillion: 8, cachedInputUsdPerMillion: 8, outputUsdPerMillion: 16 },
  ])

  it.each([
    [100_000, 0, 0.2 + 0.008],
    [100_001, 0, 0.400004 + 0.012],
    // A quarter of the full rate, as for shorter calls.
    [200_000, 100_000, 0.4 + 0.1 + 0.012],
    [200_001, 100_000, 0.800008 + 0.8 + 0.016],
  ])('prices %d tokens, of which a cache had %d, whole', (inputTokens, cachedInputTokens, usd) => {
    expect(rateCard.cost('gpt-4o', { inputTokens, cachedInputTokens, outputTokens: 1000 })).toBeCloseTo(usd, 9)
  })

  it('is held at the dearest that the input can reach', () => {
    const call = { inputTokens: 150_000, maxOutputTokens: 1000 }
    expect(rateCard.worstCaseNanos('gpt-4o', call)).toBe(150_000 * 4000 + 1000 * 12_000)
  })

  it.each([
    [[{ aboveInputTokens: 10, inputUsdPerMillion: -1, outputUsdPerMillion: 1 }], 'longInput[0].inputUsdPerMillion'],
    [[{ aboveInputTokens: 1.5, inputUsdPerMillion: 1, outputUsdPerMillion: 1 }], 'longInput[0].aboveInputTokens'],
    [
      [{ aboveInputTokens: 10, inputUsdPerMillion: Number.NaN, outputUsdPerMillion: 1 }],
      'longInput[0].inputUsdPerMillion',
    ],
    [
      [{ aboveInputTokens: 10, inputUsdPerToken: 1, inputUsdPerMillion: 1, outputUsdPerMillion: 1 }],
      'longInput[0].inputUsdPerToken',
    ],
    [[{ inputUsdPerMillion: 1, outputUsdPerMillion: 1 }], 'longInput[0].aboveInputTokens'],
    [
      [20, 10].map((aboveInputTokens) => ({ aboveInputTokens, inputUsdPerMillion: 1, outputUsdPerMillion: 1 })),
      'longInput[1].aboveInputTokens',
    ],
    [
      [20, 20].map((aboveInputTokens) => ({ aboveInputTokens, inputUsdPerMillion: 1, outputUsdPerMillion: 1 })),
      'longInput[1].aboveInputTokens',
    ],
  ])('is refused where it cannot be: %j', (longInput, option) => {
    expect(() => price(longInput as never)).toThrow(
      expect.objectContaining({ code: 'invalid_option', option: `overrides['gpt-4o'].${option}` }),
    )
  })
})

describe('prices of ours', () => {
  const nanos = (model: string, usage: object) =>
    createRateCard().cost(model, { inputTokens: 1000, outputTokens: 0, ...usage })

  it.each([
    ['gpt-5.6-sol', 2.5],
    ['gpt-5.6-terra', 2],
    ['gpt-5.6-luna', 2],
    ['gpt-5.5', 2.5],
    ['gpt-5.4', 2],
    ['gpt-5.4-mini', 2],
    ['gpt-5.2', 2],
    ['gpt-5.1', 2],
    ['gpt-5', 2],
    ['gpt-5-mini', 1.8],
    ['gpt-4.1', 1.75],
  ])('are those of the page for fast mode: %s costs %d times', (model, factor) => {
    expect(nanos(model, { serviceTier: 'priority' }) / nanos(model, {})).toBeCloseTo(factor, 6)
    expect(nanos(model, { serviceTier: 'fast' }) / nanos(model, {})).toBeCloseTo(factor, 6)
  })

  it('go before the public ones where a negotiated price says its own', () => {
    const overrides = {
      'claude-opus-4-8': { inputUsdPerMillion: 10, outputUsdPerMillion: 0, speeds: { fast: 3 }, regions: { eu: 2 } },
    }
    const rateCard = createRateCard({ overrides })
    const cost = (usage: object) => rateCard.cost('claude-opus-4-8', { inputTokens: 1000, outputTokens: 0, ...usage })
    expect(cost({ speed: 'fast' })).toBe(0.03)
    expect(cost({ region: 'eu' })).toBe(0.02)
    expect(cost({ region: 'us' })).toBe(0.011)
  })

  it('are a rate of their own once the list learns them', () => {
    const providers = ['openai', 'azure', 'anthropic', 'google', 'x-ai', 'openrouter'].map(
      (providerId) => findProvider({ providerId })!,
    )
    const prices = providers.flatMap(({ models }) => models.map((model) => model.prices))
    const unitsOf = (price: (typeof prices)[number]) =>
      (Array.isArray(price) ? price.map(({ prices }) => prices) : [price]).flatMap((each) => Object.keys(each))
    const units = new Set(prices.flatMap(unitsOf))
    // Then public-prices.ts reads it, and its lines in price-factors.ts or public-prices.ts go.
    for (const unit of units) expect(unit).not.toMatch(/priority|flex|tier|fast|speed|geo|region|container|session/)
    expect(units).toContain('input_mtok')
  })
})

import { calcPrice } from '@pydantic/genai-prices'
import { describe, expect, it } from 'vitest'
import { createRateCard } from './index.ts'

const card = createRateCard()
const nothing = { inputTokens: 0, outputTokens: 0 }

describe('the prices of ours for pictures and sound', () => {
  it.each(['tts-1', 'tts-1-hd', 'dall-e-2', 'dall-e-3'])('are needed: the public list has none of %s', (model) => {
    const listed = calcPrice({}, model, { providerId: 'openai' })?.model_price ?? {}
    expect(Object.values(listed).filter((price) => price !== undefined)).toEqual([])
  })

  it.each([
    ['whisper-1', { audioSeconds: 60 }, 0.006],
    ['whisper', { audioSeconds: 3600 }, 0.36],
    ['gpt-transcribe', { audioSeconds: 3600 }, 0.27],
    ['tts-1', { characters: 1_000_000 }, 15],
    ['tts-1-hd-1106', { characters: 1_000_000 }, 30],
    ['azure/tts-hd', { characters: 1_000_000 }, 30],
    ['dall-e-3', { pictures: 2 }, 0.08],
  ])('are of %s for %j', (model, used, usd) => {
    expect(card.cost(model, { ...nothing, ...used })).toBeCloseTo(usd, 9)
    expect(card.knows(model)).toBe(true)
  })

  it.each([
    ['gpt-4o-mini-tts-2025-12-15', 'gpt-4o-mini-tts'],
    ['gpt-4o-mini-transcribe-2025-12-15', 'gpt-4o-mini-transcribe'],
    ['gpt-4o-transcribe-diarize', 'gpt-4o-transcribe'],
  ])('make %s cost what %s does, and not what a chat model does', (dated, model) => {
    const used = { inputTokens: 1000, inputAudioTokens: 900, outputTokens: 500 }
    expect(card.costNanos(dated, used)).toBe(card.costNanos(model, used))
    expect(card.costNanos(dated, used)).toBeGreaterThan(card.costNanos('gpt-4o-mini', used))
  })

  it('bill at least ten seconds at Groq, as they are held', () => {
    const usd = (model: string, audioSeconds: number) => card.costNanos(model, { ...nothing, audioSeconds })
    const held = (audioSeconds: number) =>
      card.worstCaseNanos('whisper-large-v3', { inputTokens: 0, maxOutputTokens: 0, terms: { audioSeconds } })
    expect([usd('whisper-large-v3', 2), held(2)]).toEqual([usd('whisper-large-v3', 10), held(10)])
    expect(usd('whisper-large-v3', 11)).toBeGreaterThan(usd('whisper-large-v3', 10))
    expect(usd('whisper-1', 2)).toBeLessThan(usd('whisper-1', 10))
  })

  it.each(['whisper-1', 'tts-1', 'dall-e-3'])('make no token of %s free', (model) => {
    expect(() => card.cost(model, { inputTokens: 1, outputTokens: 1 })).toThrow(/price/)
    expect(() => card.worstCaseNanos(model, { inputTokens: 1, maxOutputTokens: 1 })).toThrow(/price/)
  })

  it('are replaced by overrides, which keep what they do not name', () => {
    const overrides = {
      'dall-e-3': { inputUsdPerMillion: 0, outputUsdPerMillion: 0, pictureUsd: 0.03 },
      'tts-1': { inputUsdPerMillion: 0, outputUsdPerMillion: 0 },
      'whisper-1': { inputUsdPerMillion: 0, outputUsdPerMillion: 0, audioUsdPerMinute: 0.003 },
      voices: { inputUsdPerMillion: 0, outputUsdPerMillion: 0, speechUsdPerMillionCharacters: 10 },
    }
    const own = createRateCard({ overrides })
    expect(own.cost('dall-e-3', { ...nothing, pictures: 1 }, { pictureQuality: 'hd' })).toBeCloseTo(0.03, 9)
    expect(own.cost('tts-1', { ...nothing, characters: 1000 })).toBeCloseTo(0.015, 9)
    expect(own.cost('whisper-1', { ...nothing, audioSeconds: 60 })).toBeCloseTo(0.003, 9)
    expect(own.cost('voices', { ...nothing, characters: 1000 })).toBeCloseTo(0.01, 9)
  })

  it('are the dearest for an unknown model, if the option assumes that', () => {
    const assuming = createRateCard({ unknownModel: 'assumeMax' })
    for (const [used, model] of [
      [{ pictures: 1 }, 'dall-e-3'],
      [{ characters: 1000 }, 'tts-1-hd'],
      [{ audioSeconds: 60 }, 'whisper-1'],
    ] as const) {
      const known = card.cost(model, { ...nothing, ...used }, { pictureQuality: 'hd', pictureSize: '1792x1024' })
      expect(assuming.cost('nobody-knows', { ...nothing, ...used })).toBe(known)
    }
  })
})

import type { ModelInfo, ModelPrice, PriceCalculationResult, Provider } from '@pydantic/genai-prices'
import { prices } from '#on-demand'
import { fineTuned } from './fine-tuned-prices.ts'
import { DEAREST_MEDIA, mediaModelName, mediaRates, picosPerSecond } from './media-prices.ts'
import { plainModelName, withoutPrefix, withoutVariant } from './model-names.ts'
import { type Price, UNKNOWN_KIND } from './price.ts'
import { NO_FACTORS, type PriceFactors, publicFactors } from './price-factors.ts'
import { allRates, NO_PIECES, type PieceRates, picosPerPiece, picosPerToken, type Rates } from './rates.ts'

/** Where to look for a model whose name alone does not identify its provider. */
const PROVIDERS = [
  'openai',
  'azure',
  'anthropic',
  'google',
  'mistral',
  'deepseek',
  'x-ai',
  'groq',
  'perplexity',
  'cohere',
  'moonshotai',
] as const

/**
 * The public price of a model at a moment, from the list that `@pydantic/genai-prices` ships; some change by the hour.
 *
 * @param seller whose price it is, where they have one for it.
 */
export function publicPrice(model: string, at: Date, seller?: string): Price | undefined {
  const name = mediaModelName(model)
  const listed = (seller && lookUp(name, at, seller)) || listedPrice(name, at)
  const price = listed ? priceOf(listed.model, listed.model_price, listed.provider.id) : fineTunedPrice(name, at)
  return price ?? mediaPrice(plainModelName(name), listed)
}

/** The price of a model that is billed by the picture, the character or the second. */
function mediaPrice(model: string, listed: PriceCalculationResult): Price | undefined {
  const prices = listed?.model_price
  const perHour = prices?.['input_audio_hours'] ?? prices?.['audio_hours']
  const leastAudioSeconds = LEAST_AUDIO_SECONDS[listed?.provider.id ?? ''] ?? 0
  const rates =
    perHour === undefined
      ? mediaRates(model)
      : { audioSecond: picosPerSecond(rateAbove(perHour, 0)), leastAudioSeconds }
  return rates && { ...BY_PIECE, pieces: { ...NO_PIECES, ...rates } }
}

/** console.groq.com/docs/speech-to-text: "Minimum Billed Length". */
const LEAST_AUDIO_SECONDS: Readonly<Record<string, number>> = { groq: 10 }

const BY_PIECE: Omit<Price, 'pieces'> = {
  tiers: [{ aboveInputTokens: -1, rates: allRates(0) }],
  factors: NO_FACTORS,
  contextTokens: undefined,
  kind: { operation: 'media', maker: undefined },
  isByPiece: true,
}

function listedPrice(model: string, at: Date): PriceCalculationResult {
  const prefixed = withoutPrefix(model)
  if (prefixed) {
    const { name, provider } = prefixed
    return (provider ? lookUp(name, at, provider) : null) ?? listedPrice(name, at) ?? lookUp(model, at, 'openrouter')
  }
  const found =
    prices().calcPrice({}, model, { timestamp: at }) ?? firstOf(PROVIDERS, (provider) => lookUp(model, at, provider))
  const plain = withoutVariant(model)
  return found ?? (plain === model ? null : listedPrice(plain, at))
}

function lookUp(model: string, at: Date, providerId: string): PriceCalculationResult {
  return prices().calcPrice({}, model, { providerId, timestamp: at })
}

function firstOf<Each, Found>(all: readonly Each[], find: (each: Each) => Found | null): Found | null {
  for (const each of all) {
    const found = find(each)
    if (found !== null) return found
  }
  return null
}

function fineTunedPrice(model: string, at: Date): Price | undefined {
  const tuned = fineTuned(model)
  const base = tuned && listedPrice(tuned.base, at)
  if (!base) return undefined
  const { input, cachedInput, output } = tuned.price
  const price = { input_mtok: input, cache_read_mtok: cachedInput, output_mtok: output }
  return priceOf(base.model, price, base.provider.id)
}

/** The prices of an unknown model: the highest of each. */
const DEAREST_FACTORS: PriceFactors = {
  ...publicFactors('claude', 'anthropic'),
  serviceTiers: publicFactors('', 'openai').serviceTiers,
}

/** A price that no model of the large providers exceeds, for an unknown model. */
export function dearestPublicPrice(at: Date): Price {
  const rates = PROVIDERS.map((providerId) => prices().findProvider({ providerId }))
    .filter((provider): provider is Provider => provider !== undefined)
    .flatMap(({ id, models }) => models.map((model) => lookUp(model.id, at, id)))
    .filter((result) => result !== null)
    .flatMap(({ model, model_price, provider }) => priceOf(model, model_price, provider.id)?.tiers ?? [])
    .map((tier) => tier.rates)
  const dearest = Math.max(...rates.flatMap((each) => Object.values(each)))
  const highest = (...names: (keyof Rates)[]) => Math.max(...rates.flatMap((rate) => names.map((name) => rate[name])))
  const input = highest('input', 'cacheWrite')
  return {
    tiers: [
      {
        aboveInputTokens: -1,
        rates: {
          ...allRates(dearest),
          input,
          cachedInput: input,
          cacheWrite: input,
          hourCacheWrite: highest('input', 'hourCacheWrite'),
          output: highest('output'),
        },
      },
    ],
    pieces: { ...SEARCHES, ...DEAREST_MEDIA },
    factors: DEAREST_FACTORS,
    kind: UNKNOWN_KIND,
    contextTokens: undefined,
  }
}

/** Undefined for a model that is not priced by its text tokens. */
function priceOf(model: ModelInfo, price: ModelPrice, maker: string): Price | undefined {
  if (price['input_mtok'] === undefined) return undefined
  const starts = [-1, ...new Set(Object.values(price).flatMap(tierStarts))].sort((a, b) => a - b)
  const tiers = starts.map((aboveInputTokens) => {
    const rate = (...names: string[]) =>
      picosPerToken(rateAbove(price[names.find((name) => price[name] !== undefined)!], aboveInputTokens))
    return {
      aboveInputTokens,
      rates: {
        input: rate('input_mtok'),
        cachedInput: rate('cache_read_mtok', 'input_mtok'),
        cacheWrite: rate('cache_write_mtok', 'input_mtok'),
        hourCacheWrite: Math.max(
          rate('cache_write_1h_mtok', 'cache_write_mtok', 'input_mtok'),
          isClaude(model) ? CLAUDE_HOUR_SHARE * rate('input_mtok') : 0,
        ),
        inputAudio: rate('input_audio_mtok', 'input_mtok'),
        cachedAudio: rate('cache_audio_read_mtok', 'input_audio_mtok', 'cache_read_mtok', 'input_mtok'),
        inputImage: rate('input_image_mtok', 'input_mtok'),
        cachedImage: rate('cache_image_read_mtok', 'input_image_mtok', 'cache_read_mtok', 'input_mtok'),
        output: rate('output_mtok'),
        outputAudio: rate('output_audio_mtok', 'output_mtok'),
        outputImage: rate('output_image_mtok', 'output_mtok'),
      },
    }
  })
  const isEmbedding = price['output_mtok'] === undefined || model.id.includes('embed')
  return {
    tiers,
    pieces: piecesOf(price, model.id),
    factors: publicFactors(model.id, maker),
    contextTokens: model.context_window,
    kind: { operation: isEmbedding ? 'embeddings' : 'chat', maker },
  }
}

/** For every seller: not every seller's prices in the list have it (platform.claude.com/docs, pricing of prompt caching). */
const CLAUDE_HOUR_SHARE = 2

function isClaude({ id }: ModelInfo): boolean {
  return id.includes('claude')
}

/** What is held for a picture that a tool of the provider makes, in US dollars. */
export const PICTURE_USD = 0.3

/** What OpenAI and Anthropic ask for a thousand searches with any model, as of 26 November 2026, where the list has none. */
const SEARCHES: PieceRates = {
  webSearch: picosPerPiece(10),
  previewSearch: picosPerPiece(10),
  fileSearch: picosPerPiece(2.5),
  // $0.03 for one of a gigabyte: community.openai.com/t/1364328, of the pricing page. Larger ones in proportion.
  containerGigabyte: picosPerPiece(30),
  // The largest of gpt-image-1 at high quality is 6,240 tokens of $40 a million, and each of three partial ones 100 more
  // (platform.openai.com/docs/guides/image-generation); the rest is for what it reads.
  toolPicture: picosPerPiece(PICTURE_USD * 1000),
  request: 0,
}

/** What OpenAI asks for a thousand searches of `web_search_preview` by models that do not reason (openai.com/api/pricing). */
const PREVIEW_SEARCHES = picosPerPiece(25)

/** Gemini's with Google Search: a thousand answers that searched, of Gemini 3 a thousand searches (ai.google.dev/gemini-api/docs/pricing). */
function googleSearches(model: string): number | undefined {
  if (!model.includes('gemini-')) return undefined
  return picosPerPiece(/gemini-[12]\./.test(model) ? 35 : 14)
}

/** Searches by other tools: OpenAI's `web_search_preview`, and Google Maps, whose price Gemini 3 and later have for searches. */
function otherSearches(model: string): number | undefined {
  if (/^gpt-4(o|\.1)/.test(model)) return PREVIEW_SEARCHES
  return /gemini-[12]\./.test(model) ? GOOGLE_MAPS : undefined
}

/** A thousand answers of Gemini 2 with Google Maps (ai.google.dev/gemini-api/docs/pricing). */
const GOOGLE_MAPS = picosPerPiece(25)

function piecesOf(price: ModelPrice, model: string): PieceRates {
  // Of chat completions these search for each answer, and say nothing of it.
  const alwaysSearches = /^gpt-4o(-mini)?-search-preview/.test(model)
  const piece = (name: string) => (price[name] === undefined ? undefined : picosPerPiece(rateAbove(price[name], 0)))
  const webSearch = piece('web_searches_kcount') ?? googleSearches(model) ?? SEARCHES.webSearch
  return {
    webSearch,
    previewSearch: otherSearches(model) ?? webSearch,
    fileSearch: piece('storage_searches_kcount') ?? SEARCHES.fileSearch,
    containerGigabyte: SEARCHES.containerGigabyte,
    toolPicture: SEARCHES.toolPicture,
    request: piece('requests_kcount') ?? (alwaysSearches ? PREVIEW_SEARCHES : 0),
  }
}

function tierStarts(value: ModelPrice[string]): number[] {
  return typeof value === 'object' ? value.tiers.map(({ start }) => start) : []
}

function rateAbove(value: ModelPrice[string], inputTokens: number): number {
  if (value === undefined) return 0
  if (typeof value === 'number') return value
  return value.tiers.findLast(({ start }) => inputTokens >= start)?.price ?? value.base
}

import { type ChecksOf, listOf, mapOf, number, objectOf, required, whole } from '../check.ts'
import type { Usd } from '../usd.ts'
import { eachPicture, picosPerSecond } from './media-prices.ts'
import { type Price, UNKNOWN_KIND } from './price.ts'
import { NO_FACTORS } from './price-factors.ts'
import { NO_PIECES, type PieceRates, picosPerPiece, picosPerToken, type Rates } from './rates.ts'

/** What tokens cost, in US dollars per million. */
type TokenPrices = {
  /** Input that no cache has, in US dollars per million tokens, from 0 to 1,000,000. */
  readonly inputUsdPerMillion: Usd
  /** Input that is read from a cache, in US dollars per million tokens. @default the public share of inputUsdPerMillion */
  readonly cachedInputUsdPerMillion?: Usd | undefined
  /** Input that is written to a cache, in US dollars per million tokens. @default the public share of inputUsdPerMillion */
  readonly cacheWriteUsdPerMillion?: Usd | undefined
  /** Input that a cache keeps for an hour, in US dollars per million tokens. @default the public share of inputUsdPerMillion */
  readonly hourCacheWriteUsdPerMillion?: Usd | undefined
  /** Sound that is heard, in US dollars per million tokens. @default the public share of inputUsdPerMillion */
  readonly inputAudioUsdPerMillion?: Usd | undefined
  /** Pictures that are seen, in US dollars per million tokens. @default the public share of inputUsdPerMillion */
  readonly inputImageUsdPerMillion?: Usd | undefined
  /** Output, reasoning included, in US dollars per million tokens, from 0 to 1,000,000. */
  readonly outputUsdPerMillion: Usd
  /** Sound that is made, in US dollars per million tokens. @default the public share of outputUsdPerMillion */
  readonly outputAudioUsdPerMillion?: Usd | undefined
  /** Pictures that are made, in US dollars per million tokens. @default the public share of outputUsdPerMillion */
  readonly outputImageUsdPerMillion?: Usd | undefined
}

/**
 * A price in USD per million tokens, as providers print it. A rate that is left out has the same share of the full one as
 * in the public price of the model; where that has none, it is the full one.
 */
export type PriceOptions = TokenPrices & {
  /** Searches of the web by the provider, in US dollars per thousand. @default the public price, $0 of an unlisted model */
  readonly webSearchUsdPerThousand?: Usd | undefined
  /** Searches of stored files, in US dollars per thousand. @default the public price, $0 of an unlisted model */
  readonly fileSearchUsdPerThousand?: Usd | undefined
  /** A gigabyte of a container that code runs in, in US dollars, each time. @default the public price, $0 of an unlisted model */
  readonly containerUsdPerGigabyte?: Usd | undefined
  /** A picture that is made, in US dollars, whatever its size and quality. @default the public prices, none of an unlisted model */
  readonly pictureUsd?: Usd | undefined
  /** Text that is spoken, in US dollars per million characters. @default the public price, none of an unlisted model */
  readonly speechUsdPerMillionCharacters?: Usd | undefined
  /** Sound that is listened to, in US dollars per minute. @default the public price, none of an unlisted model */
  readonly audioUsdPerMinute?: Usd | undefined
  /** What tokens cost in a service tier, in parts of the standard price: `{ priority: 1.7 }`. @default the public ones */
  readonly serviceTiers?: Readonly<Record<string, number>> | undefined
  /** What tokens cost at a speed, in parts of the standard price: `{ fast: 2 }`. @default the public ones */
  readonly speeds?: Readonly<Record<string, number>> | undefined
  /** What tokens cost in a region, in parts of the standard price: `{ us: 1.1 }`. @default the public ones */
  readonly regions?: Readonly<Record<string, number>> | undefined
  /** Prices of calls whose input is longer, from the shortest up; each call has one price for all its tokens. @default none */
  readonly longInput?: readonly LongInputPrice[] | undefined
  /** The most tokens that one answer can have, reasoning included. @default what is documented of the model that is served */
  readonly maxOutputTokens?: number | undefined
  /** The most tokens that it can read. @default that of the model that is served, 1_050_000 for an unknown one */
  readonly contextTokens?: number | undefined
}

const usdPerMillion = { ...number(0, 1e6), accepts: 'US dollars per million tokens, from 0 to 1,000,000' }

const usdPerThousand = { ...number(0, 1e6), accepts: 'US dollars per thousand, from 0 to 1,000,000' }

/** The price of calls with more input than so many tokens. What is left out has the share of the full rate that shorter calls have. */
export type LongInputPrice = TokenPrices & {
  /** How many tokens of input, read from a cache or not, a call has at most that is not priced so. */
  readonly aboveInputTokens: number
}

const TOKEN_PRICES: ChecksOf<TokenPrices> = {
  inputUsdPerMillion: required(usdPerMillion),
  cachedInputUsdPerMillion: usdPerMillion,
  cacheWriteUsdPerMillion: usdPerMillion,
  hourCacheWriteUsdPerMillion: usdPerMillion,
  inputAudioUsdPerMillion: usdPerMillion,
  inputImageUsdPerMillion: usdPerMillion,
  outputUsdPerMillion: required(usdPerMillion),
  outputAudioUsdPerMillion: usdPerMillion,
  outputImageUsdPerMillion: usdPerMillion,
}

const LONG_INPUT_PRICE: ChecksOf<LongInputPrice> = {
  ...TOKEN_PRICES,
  aboveInputTokens: required(whole(0, undefined, 'tokens')),
}

export const PRICE_OPTIONS: ChecksOf<PriceOptions> = {
  ...TOKEN_PRICES,
  webSearchUsdPerThousand: usdPerThousand,
  fileSearchUsdPerThousand: usdPerThousand,
  containerUsdPerGigabyte: { ...number(0, 1000), accepts: 'US dollars, from 0 to 1,000' },
  pictureUsd: { ...number(0, 1000), accepts: 'US dollars, from 0 to 1,000' },
  speechUsdPerMillionCharacters: {
    ...number(0, 1e6),
    accepts: 'US dollars per million characters, from 0 to 1,000,000',
  },
  audioUsdPerMinute: { ...number(0, 1000), accepts: 'US dollars per minute, from 0 to 1,000' },
  serviceTiers: mapOf(number(0, 100)),
  speeds: mapOf(number(0, 100)),
  regions: mapOf(number(0, 100)),
  longInput: listOf(objectOf(LONG_INPUT_PRICE)),
  maxOutputTokens: whole(1, undefined, 'tokens'),
  contextTokens: whole(1, undefined, 'tokens'),
}

/**
 * @param listed the public price of the same model, which says what a negotiated one leaves out.
 * @throws InvalidOptionError where the prices of long input do not rise.
 */
export function priceFromOptions(options: PriceOptions, listed: Price | undefined): Price {
  const { contextTokens, longInput = [] } = options
  const rates = ratesFrom(options, listed?.tiers[0]?.rates)
  const longer = longInput.map((long) => ({ aboveInputTokens: long.aboveInputTokens, rates: ratesFrom(long, rates) }))
  const { webSearchUsdPerThousand: web, fileSearchUsdPerThousand: file, containerUsdPerGigabyte: container } = options
  const searches = listed?.pieces ?? NO_PIECES
  // Nothing is charged for the output of an embedding; if nothing is charged at all, it cannot be recognised.
  const operation = rates.input > 0 && rates.output === 0 ? 'embeddings' : undefined
  const { serviceTiers, speeds, regions } = listed?.factors ?? NO_FACTORS
  return {
    tiers: [{ aboveInputTokens: -1, rates }, ...longer],
    pieces: {
      webSearch: web === undefined ? searches.webSearch : picosPerPiece(web),
      previewSearch: web === undefined ? searches.previewSearch : picosPerPiece(web),
      fileSearch: file === undefined ? searches.fileSearch : picosPerPiece(file),
      containerGigabyte: container === undefined ? searches.containerGigabyte : picosPerPiece(container * 1000),
      toolPicture: searches.toolPicture,
      request: searches.request,
      ...mediaRatesFrom(options, searches),
    },
    factors: {
      serviceTiers: { ...serviceTiers, ...options.serviceTiers },
      speeds: { ...speeds, ...options.speeds },
      regions: { ...regions, ...options.regions },
    },
    contextTokens,
    // A negotiated price changes what a model costs, not what it is.
    kind: listed?.kind ?? { ...UNKNOWN_KIND, operation },
  }
}

function mediaRatesFrom(options: PriceOptions, listed: PieceRates): Partial<PieceRates> {
  const { pictureUsd, speechUsdPerMillionCharacters: speech, audioUsdPerMinute: minute } = options
  return {
    picture: pictureUsd === undefined ? listed.picture : eachPicture(pictureUsd),
    character: speech === undefined ? listed.character : picosPerToken(speech),
    audioSecond: minute === undefined ? listed.audioSecond : picosPerSecond(minute * 60),
  }
}

/** @param known rates whose shares of the full one stand for what is left out. */
function ratesFrom(options: TokenPrices, known: Rates | undefined): Rates {
  const input = picosPerToken(options.inputUsdPerMillion)
  const output = picosPerToken(options.outputUsdPerMillion)
  const { cacheWriteUsdPerMillion, hourCacheWriteUsdPerMillion = cacheWriteUsdPerMillion } = options
  const inputRate = (own: Usd | undefined, name: keyof Rates) =>
    own === undefined ? shareOf(input, known?.[name], known?.input) : picosPerToken(own)
  const outputRate = (own: Usd | undefined, name: keyof Rates) =>
    own === undefined ? shareOf(output, known?.[name], known?.output) : picosPerToken(own)
  return {
    input,
    cachedInput: inputRate(options.cachedInputUsdPerMillion, 'cachedInput'),
    cacheWrite: inputRate(cacheWriteUsdPerMillion, 'cacheWrite'),
    hourCacheWrite: inputRate(hourCacheWriteUsdPerMillion, 'hourCacheWrite'),
    inputAudio: inputRate(options.inputAudioUsdPerMillion, 'inputAudio'),
    // These are not negotiated: a negotiated full rate has only negotiated discounts.
    cachedAudio: inputRate(options.inputAudioUsdPerMillion, 'cachedAudio'),
    inputImage: inputRate(options.inputImageUsdPerMillion, 'inputImage'),
    cachedImage: inputRate(options.inputImageUsdPerMillion, 'cachedImage'),
    output,
    outputAudio: outputRate(options.outputAudioUsdPerMillion, 'outputAudio'),
    outputImage: outputRate(options.outputImageUsdPerMillion, 'outputImage'),
  }
}

function shareOf(full: number, listedPart: number | undefined, listedFull: number | undefined): number {
  if (listedPart === undefined || !listedFull) return full
  return Math.ceil((full * listedPart) / listedFull)
}

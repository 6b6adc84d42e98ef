import { type ChecksOf, mapOf, number, required, whole } from '../check.ts'
import type { Usd } from '../usd.ts'
import { type Price, UNKNOWN_KIND } from './price.ts'
import { NO_PIECES, picosPerPiece, picosPerToken, type Rates } from './rates.ts'

/**
 * A price in USD per million tokens, as providers print it. A rate that is left out has the same share of the full one as
 * in the public price of the model; where that has none, it is the full one.
 */
export type PriceOptions = {
  /** Input that no cache has, in US dollars per million tokens, from 0 to 1,000,000. */
  readonly inputUsdPerMillion: Usd
  /** Input that is read from a cache, in US dollars per million tokens. @default the public share of inputUsdPerMillion */
  readonly cachedInputUsdPerMillion?: Usd
  /** Input that is written to a cache, in US dollars per million tokens. @default the public share of inputUsdPerMillion */
  readonly cacheWriteUsdPerMillion?: Usd
  /** Input that a cache keeps for an hour, in US dollars per million tokens. @default the public share of inputUsdPerMillion */
  readonly hourCacheWriteUsdPerMillion?: Usd
  /** Sound that is heard, in US dollars per million tokens. @default the public share of inputUsdPerMillion */
  readonly inputAudioUsdPerMillion?: Usd
  /** Pictures that are seen, in US dollars per million tokens. @default the public share of inputUsdPerMillion */
  readonly inputImageUsdPerMillion?: Usd
  /** Output, reasoning included, in US dollars per million tokens, from 0 to 1,000,000. */
  readonly outputUsdPerMillion: Usd
  /** Sound that is made, in US dollars per million tokens. @default the public share of outputUsdPerMillion */
  readonly outputAudioUsdPerMillion?: Usd
  /** Pictures that are made, in US dollars per million tokens. @default the public share of outputUsdPerMillion */
  readonly outputImageUsdPerMillion?: Usd
  /** Searches of the web by the provider, in US dollars per thousand. @default the public price, $0 of an unlisted model */
  readonly webSearchUsdPerThousand?: Usd
  /** Searches of stored files, in US dollars per thousand. @default the public price, $0 of an unlisted model */
  readonly fileSearchUsdPerThousand?: Usd
  /** What tokens cost in a service tier, in parts of the standard price: `{ priority: 1.7 }`. @default the public ones */
  readonly serviceTiers?: Readonly<Record<string, number>>
  /** The most tokens that one answer can have, reasoning included. @default what is documented of the model that is served */
  readonly maxOutputTokens?: number
  /** The most tokens that it can read. @default that of the model that is served, 1_050_000 for an unknown one */
  readonly contextTokens?: number
}

const usdPerMillion = { ...number(0, 1e6), accepts: 'US dollars per million tokens, from 0 to 1,000,000' }

const usdPerThousand = { ...number(0, 1e6), accepts: 'US dollars per thousand, from 0 to 1,000,000' }

export const PRICE_OPTIONS: ChecksOf<PriceOptions> = {
  inputUsdPerMillion: required(usdPerMillion),
  cachedInputUsdPerMillion: usdPerMillion,
  cacheWriteUsdPerMillion: usdPerMillion,
  hourCacheWriteUsdPerMillion: usdPerMillion,
  inputAudioUsdPerMillion: usdPerMillion,
  inputImageUsdPerMillion: usdPerMillion,
  outputUsdPerMillion: required(usdPerMillion),
  outputAudioUsdPerMillion: usdPerMillion,
  outputImageUsdPerMillion: usdPerMillion,
  webSearchUsdPerThousand: usdPerThousand,
  fileSearchUsdPerThousand: usdPerThousand,
  serviceTiers: mapOf(number(0, 100)),
  maxOutputTokens: whole(1, undefined, 'tokens'),
  contextTokens: whole(1, undefined, 'tokens'),
}

/** @param listed the public price of the same model, which says what a negotiated one leaves out. */
export function priceFromOptions(options: PriceOptions, listed: Price | undefined): Price {
  const { inputUsdPerMillion, outputUsdPerMillion, contextTokens } = options
  const { cacheWriteUsdPerMillion, hourCacheWriteUsdPerMillion = cacheWriteUsdPerMillion } = options
  const input = picosPerToken(inputUsdPerMillion)
  const output = picosPerToken(outputUsdPerMillion)
  const known = listed?.tiers[0]?.rates
  const inputRate = (own: Usd | undefined, name: keyof Rates) =>
    own === undefined ? shareOf(input, known?.[name], known?.input) : picosPerToken(own)
  const outputRate = (own: Usd | undefined, name: keyof Rates) =>
    own === undefined ? shareOf(output, known?.[name], known?.output) : picosPerToken(own)
  const { webSearchUsdPerThousand: web, fileSearchUsdPerThousand: file } = options
  const searches = listed?.pieces ?? NO_PIECES
  const rates: Rates = {
    input,
    cachedInput: inputRate(options.cachedInputUsdPerMillion, 'cachedInput'),
    cacheWrite: inputRate(cacheWriteUsdPerMillion, 'cacheWrite'),
    hourCacheWrite: inputRate(hourCacheWriteUsdPerMillion, 'hourCacheWrite'),
    inputAudio: inputRate(options.inputAudioUsdPerMillion, 'inputAudio'),
    // Nobody negotiates these; a full rate that was has no discount that was not.
    cachedAudio: inputRate(options.inputAudioUsdPerMillion, 'cachedAudio'),
    inputImage: inputRate(options.inputImageUsdPerMillion, 'inputImage'),
    cachedImage: inputRate(options.inputImageUsdPerMillion, 'cachedImage'),
    output,
    outputAudio: outputRate(options.outputAudioUsdPerMillion, 'outputAudio'),
    outputImage: outputRate(options.outputImageUsdPerMillion, 'outputImage'),
  }
  // Nothing is charged for the output of an embedding; where nothing is charged at all, nobody can tell.
  const operation = input > 0 && output === 0 ? 'embeddings' : undefined
  return {
    tiers: [{ aboveInputTokens: -1, rates }],
    pieces: {
      webSearch: web === undefined ? searches.webSearch : picosPerPiece(web),
      fileSearch: file === undefined ? searches.fileSearch : picosPerPiece(file),
      request: searches.request,
    },
    tierFactors: { ...listed?.tierFactors, ...options.serviceTiers },
    contextTokens,
    // A negotiated price changes what a model costs, not what it is.
    kind: listed?.kind ?? { ...UNKNOWN_KIND, operation },
  }
}

function shareOf(full: number, listedPart: number | undefined, listedFull: number | undefined): number {
  if (listedPart === undefined || !listedFull) return full
  return Math.ceil((full * listedPart) / listedFull)
}

import { InvalidOptionError } from '../errors.ts'
import { partAboveWhole, type Usage, wrongCount } from '../usage.ts'
import type { Nanos } from '../usd.ts'
import { type BillingTerms, NO_TERMS } from './billing-terms.ts'
import { factorOf, type PriceFactors } from './price-factors.ts'
import type { ModelKind } from './rate-card.ts'
import { nanosFromPicos, PICOS_PER_NANO, type PieceRates, pictureRate, type Rates } from './rates.ts'
import { AZURE_ROUTING } from './routers.ts'

export type Price = {
  /** In ascending order. The last tier that the input exceeds applies to the whole call. */
  readonly tiers: readonly { readonly aboveInputTokens: number; readonly rates: Rates }[]
  readonly pieces: PieceRates
  readonly factors: PriceFactors
  /** The most tokens of input, where it is known. */
  readonly contextTokens: number | undefined
  readonly kind: ModelKind
  /** Whether it has no token price, so that only pieces with a price can be billed. @default false */
  readonly isByPiece?: boolean
}

export const UNKNOWN_KIND: ModelKind = { operation: undefined, maker: undefined }

/** @throws InvalidOptionError when a count is negative or no whole number, or a part is more than its whole. */
export function costNanos(price: Price, usage: Usage, terms: BillingTerms = NO_TERMS): Nanos {
  checkUsage(usage)
  const rates = ratesFor(price, usage.inputTokens)
  const tokenPicos = inputPicos(rates, usage, terms) + outputPicos(rates, usage)
  const factor = factorOf(price.factors, terms, usage)
  const routingPicos = terms.isRouted ? usage.inputTokens * AZURE_ROUTING : 0
  return nanosFromPicos(Math.round(tokenPicos * factor) + routingPicos + piecePicos(price, usage, terms))
}

/** Where usage does not say which cached tokens are audio or images, these count as uncached as far as possible. */
function inputPicos(rates: Rates, usage: Usage, { keepsCacheForHour = false }: BillingTerms): number {
  const { inputTokens, cachedInputTokens: cached = 0, cacheWriteTokens: written = 0 } = usage
  const { hourCacheWriteTokens: writtenForHour = keepsCacheForHour ? written : 0 } = usage
  const { inputAudioTokens: audio = 0, cachedInputAudioTokens = 0, inputImageTokens: image = 0 } = usage
  const fresh = inputTokens - cached - written
  const freshAudio = Math.min(audio - cachedInputAudioTokens, fresh)
  const freshImage = Math.min(image, fresh - freshAudio)
  const cachedAudio = Math.min(audio - freshAudio, cached)
  const cachedImage = Math.min(image - freshImage, cached - cachedAudio)
  return (
    (fresh - freshAudio - freshImage) * rates.input +
    freshAudio * rates.inputAudio +
    freshImage * rates.inputImage +
    (cached - cachedAudio - cachedImage) * rates.cachedInput +
    cachedAudio * rates.cachedAudio +
    cachedImage * rates.cachedImage +
    (written - writtenForHour) * rates.cacheWrite +
    writtenForHour * rates.hourCacheWrite
  )
}

function outputPicos(rates: Rates, { outputTokens, outputAudioTokens = 0, outputImageTokens = 0 }: Usage): number {
  return (
    (outputTokens - outputAudioTokens - outputImageTokens) * rates.output +
    outputAudioTokens * rates.outputAudio +
    outputImageTokens * rates.outputImage
  )
}

type MediaPieces = Pick<Usage, 'pictures' | 'characters' | 'audioSeconds'>
type Pieces = Pick<Usage, 'webSearches' | 'fileSearches' | 'containerGigabytes'> & MediaPieces

function piecePicos({ pieces }: Price, used: Pieces, terms: BillingTerms): number {
  const { webSearches = 0, fileSearches = 0, containerGigabytes = 0 } = used
  const webSearch = terms.previewsSearch ? pieces.previewSearch : pieces.webSearch
  const searches = webSearches * webSearch + fileSearches * pieces.fileSearch
  return searches + containerGigabytes * pieces.containerGigabyte + pieces.request + mediaPicos(pieces, used, terms)
}

function mediaPicos(rates: PieceRates, used: MediaPieces, terms: BillingTerms): number {
  const { picture, character, audioSecond, leastAudioSeconds = 0 } = rates
  const { pictures = 0, characters = 0, audioSeconds = 0 } = used
  let picos = 0
  if (picture && pictures > 0) picos += pictures * pictureRate(picture, terms)
  if (character) picos += characters * character
  if (audioSecond && audioSeconds > 0) picos += Math.max(audioSeconds, leastAudioSeconds) * audioSecond
  return picos
}

/** Whether the price covers the call: a model that is billed only by the piece has no token price. */
export function canBill({ isByPiece = false, pieces }: Price, asked: MediaPieces | undefined): boolean {
  if (!isByPiece) return true
  const { pictures, characters, audioSeconds } = asked ?? {}
  const { picture, character, audioSecond } = pieces
  return (
    (pictures !== undefined && picture !== undefined) ||
    (characters !== undefined && character !== undefined) ||
    (audioSeconds !== undefined && audioSecond !== undefined)
  )
}

/** Returns what is held besides input and capped output. */
function besidePicos(price: Price, outputRate: number, terms: BillingTerms): number {
  const { toolPictures = 0, predictedTokens = 0 } = terms
  return piecePicos(price, terms, terms) + toolPictures * price.pieces.toolPicture + predictedTokens * outputRate
}

/** Returns the cost with every input token at the highest rate of all tiers up to their number. */
export function worstCaseNanos(
  price: Price,
  inputTokens: number,
  maxOutputTokens: number,
  terms: BillingTerms = NO_TERMS,
): Nanos {
  const { input, output } = dearestRates(price, inputTokens, terms)
  const nanos = nanosFromPicos(inputTokens * input + maxOutputTokens * output + besidePicos(price, output, terms))
  // Limited to what a ledger can count, which no limit can pay.
  return Math.min(nanos, Number.MAX_SAFE_INTEGER) as Nanos
}

/** Returns the most output tokens whose worst case is within `amount`; negative if the input alone exceeds it. */
export function affordableOutputTokens(
  price: Price,
  inputTokens: number,
  amount: Nanos,
  terms: BillingTerms = NO_TERMS,
): number {
  const { input, output } = dearestRates(price, inputTokens, terms)
  const leftPicos = amount * PICOS_PER_NANO - inputTokens * input - besidePicos(price, output, terms)
  if (leftPicos < 0) return -1
  return output === 0 ? Number.MAX_SAFE_INTEGER : Math.floor(leftPicos / output)
}

function dearestRates(
  { tiers, factors }: Price,
  inputTokens: number,
  terms: BillingTerms,
): { input: number; output: number } {
  let input = 0
  let output = 0
  for (const { aboveInputTokens, rates } of tiers) {
    if (inputTokens <= aboveInputTokens) break
    input = Math.max(input, dearestInput(rates, terms))
    output = Math.max(output, dearestOutput(rates, terms))
  }
  const factor = factorOf(factors, terms)
  return factor === 1 ? { input, output } : { input: Math.ceil(input * factor), output: Math.ceil(output * factor) }
}

function dearestInput(rates: Rates, { keepsCacheForHour, hasSound, hasPictures }: BillingTerms): number {
  const text = Math.max(rates.input, rates.cachedInput, rates.cacheWrite)
  const cached = keepsCacheForHour ? Math.max(text, rates.hourCacheWrite) : text
  const heard = hasSound ? Math.max(cached, rates.inputAudio, rates.cachedAudio) : cached
  return hasPictures ? Math.max(heard, rates.inputImage, rates.cachedImage) : heard
}

function dearestOutput(rates: Rates, { hasSound, hasPictures }: BillingTerms): number {
  const said = hasSound ? Math.max(rates.output, rates.outputAudio) : rates.output
  return hasPictures ? Math.max(said, rates.outputImage) : said
}

function ratesFor({ tiers }: Price, inputTokens: number): Rates {
  let rates = tiers[0]!.rates
  for (const tier of tiers) if (inputTokens > tier.aboveInputTokens) rates = tier.rates
  return rates
}

function checkUsage(usage: Usage): void {
  const name = wrongCount(usage)
  if (name !== undefined) throw new InvalidOptionError(name, usage[name], 'a whole number from 0')
  const wrong = partAboveWhole(usage)
  if (wrong) throw new InvalidOptionError(wrong.part, wrong.tokens, `at most ${wrong.whole}, ${usage[wrong.whole]}`)
}

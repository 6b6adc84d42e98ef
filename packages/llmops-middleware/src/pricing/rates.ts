import type { Nanos, Usd } from '../usd.ts'

/**
 * Prices in integer pico-USD (10⁻¹² USD) a token, so that half a nano-USD a token is exact too: 0.075 USD per million is
 * 75,000. A sum stays exact up to $9,007 a call.
 */
export type Rates = {
  readonly input: number
  readonly cachedInput: number
  readonly cacheWrite: number
  readonly hourCacheWrite: number
  readonly inputAudio: number
  readonly cachedAudio: number
  readonly inputImage: number
  readonly cachedImage: number
  readonly output: number
  readonly outputAudio: number
  readonly outputImage: number
}

/** The same of what is billed by the piece, in pico-USD. */
export type PieceRates = {
  readonly webSearch: number
  /** Of a search by a tool of before, for which what it found is not billed as input. */
  readonly previewSearch: number
  readonly fileSearch: number
  /** Of each gigabyte of a container. */
  readonly containerGigabyte: number
  /** Of each picture that a tool of the provider makes, as it is held: charged are its tokens. */
  readonly toolPicture: number
  /** Of each call. */
  readonly request: number
  /** Of each picture made; undefined where pictures have no price of their own. */
  readonly picture?: PictureRates | undefined
  /** Of each character spoken. */
  readonly character?: number | undefined
  /** Of each second of sound listened to. */
  readonly audioSecond?: number | undefined
  /** The seconds that a shorter sound is billed as. @default 0 */
  readonly leastAudioSeconds?: number
}

/** What a picture costs by its quality and size, and which of them one has that says neither. */
export type PictureRates = {
  readonly quality: string
  readonly size: string
  readonly rates: readonly (readonly [quality: string, size: string, picos: number])[]
}

export const NO_PIECES: PieceRates = {
  webSearch: 0,
  previewSearch: 0,
  fileSearch: 0,
  containerGigabyte: 0,
  toolPicture: 0,
  request: 0,
}

export function allRates(picos: number): Rates {
  return {
    input: picos,
    cachedInput: picos,
    cacheWrite: picos,
    hourCacheWrite: picos,
    inputAudio: picos,
    cachedAudio: picos,
    inputImage: picos,
    cachedImage: picos,
    output: picos,
    outputAudio: picos,
    outputImage: picos,
  }
}

const PICOS_PER_USD_PER_MILLION = 1e6
const PICOS_PER_USD_PER_THOUSAND = 1e9
export const PICOS_PER_NANO = 1000

export function picosPerToken(usdPerMillion: Usd): number {
  // Rounded up, so that a price below a pico-USD is not free.
  return Math.ceil(usdPerMillion * PICOS_PER_USD_PER_MILLION - 1e-4) + 0
}

export function picosPerPiece(usdPerThousand: Usd): number {
  return Math.ceil(usdPerThousand * PICOS_PER_USD_PER_THOUSAND - 1e-4) + 0
}

/** At most, where a size or a quality is asked for that has no price. */
export function pictureRate({ quality, size, rates }: PictureRates, asked: AskedPicture): number {
  const { pictureQuality = quality, pictureSize = size } = asked
  const sized = rates.filter(([, each]) => each === pictureSize)
  const exact = sized.filter(([each]) => each === pictureQuality)
  const fitting = exact.length > 0 ? exact : sized.length > 0 ? sized : rates
  return Math.max(...fitting.map(([, , picos]) => picos))
}

type AskedPicture = { readonly pictureQuality?: string | undefined; readonly pictureSize?: string | undefined }

export function nanosFromPicos(picos: number): Nanos {
  return Math.ceil(picos / PICOS_PER_NANO) as Nanos
}

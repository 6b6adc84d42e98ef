import { withoutPrefix } from './model-names.ts'
import type { PictureRates, PieceRates } from './rates.ts'
import { picosPerPiece, picosPerToken } from './rates.ts'

type MediaRates = Pick<PieceRates, 'picture' | 'character' | 'audioSecond'>

/**
 * Prices by the image or by the character that the price list lacks, as of 26 November 2026. A test fails when the list has
 * them.
 */
const MEDIA_PRICES: readonly (readonly [model: RegExp, rates: MediaRates])[] = [
  // platform.openai.com/docs/pricing#text-to-speech: $15 and $30 per million characters.
  [/^tts-1-hd$/, { character: picosPerToken(30) }],
  [/^tts-1$/, { character: picosPerToken(15) }],
  // platform.openai.com/docs/pricing#image-generation, as openlit/openlit, assets/pricing.json has it too.
  [
    /^dall-e-3$/,
    {
      picture: pictureRates('standard', '1024x1024', [
        ['standard', '1024x1024', 0.04],
        ['standard', '1024x1792', 0.08],
        ['standard', '1792x1024', 0.08],
        ['hd', '1024x1024', 0.08],
        ['hd', '1024x1792', 0.12],
        ['hd', '1792x1024', 0.12],
      ]),
    },
  ],
  [
    /^dall-e-2$/,
    {
      picture: pictureRates('standard', '1024x1024', [
        ['standard', '256x256', 0.016],
        ['standard', '512x512', 0.018],
        ['standard', '1024x1024', 0.02],
      ]),
    },
  ],
]

/** Other names that Azure uses for deployments and models. */
const ALSO_CALLED: readonly (readonly [RegExp, string])[] = [
  [/^dalle-?([23])$/, 'dall-e-$1'],
  [/^Dalle([23])$/, 'dall-e-$1'],
  [/^whisper(-001)?$/, 'whisper-1'],
  [/^tts$/, 'tts-1'],
  [/^tts-hd$/, 'tts-1-hd'],
]

/** Dated names that are not in the price list, or would be mistaken for a chat model there. */
const DATED =
  /^((?:gpt-4o(?:-mini)?-(?:tts|transcribe(?:-diarize)?)|gpt-image-[\w.]+?|tts-1(?:-hd)?))-(?:\d{4}-\d{2}-\d{2}|\d{4})$/

/** Returns the name under which an image or audio model has its price; any other name as it is. */
export function mediaModelName(model: string): string {
  const bare = withoutPrefix(model)?.name ?? model
  const undated = bare.replace(DATED, '$1')
  const alias = ALSO_CALLED.find(([name]) => name.test(undated))
  const name = alias ? undated.replace(...alias) : undated
  return name === bare ? model : name
}

export function mediaRates(model: string): MediaRates | undefined {
  return MEDIA_PRICES.find(([name]) => name.test(model))?.[1]
}

/** The highest prices of the table, for an unknown model. */
export const DEAREST_MEDIA: MediaRates = {
  picture: pictureRates('hd', '1792x1024', [['hd', '1792x1024', 0.12]]),
  character: picosPerToken(30),
  // $0.006 a minute, as whisper-1.
  audioSecond: picosPerSecond(0.36),
}

export function picosPerSecond(usdPerHour: number): number {
  return Math.ceil((usdPerHour * 1e12) / 3600 - 1e-4)
}

/** Returns rates with the same price for every image, regardless of size and quality. */
export function eachPicture(usd: number): PictureRates {
  return pictureRates('', '', [['', '', usd]])
}

function pictureRates(
  quality: string,
  size: string,
  prices: readonly (readonly [quality: string, size: string, usd: number])[],
): PictureRates {
  return { quality, size, rates: prices.map(([quality, size, usd]) => [quality, size, picosPerPiece(usd * 1000)]) }
}

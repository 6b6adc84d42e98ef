import { withoutPrefix } from './model-names.ts'
import type { PictureRates, PieceRates } from './rates.ts'
import { picosPerPiece, picosPerToken } from './rates.ts'

type MediaRates = Pick<PieceRates, 'picture' | 'character' | 'audioSecond'>

/**
 * What is billed by the picture or by the character, as of 26 November 2026, where the list of prices has none. A test
 * says when it learns them.
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

/** Azure names its deployments and their models in these ways too. */
const ALSO_CALLED: readonly (readonly [RegExp, string])[] = [
  [/^dalle-?([23])$/, 'dall-e-$1'],
  [/^Dalle([23])$/, 'dall-e-$1'],
  [/^whisper(-001)?$/, 'whisper-1'],
  [/^tts$/, 'tts-1'],
  [/^tts-hd$/, 'tts-1-hd'],
]

/** Dated names of these are in no list, or look there like those of a chat model. */
const DATED =
  /^((?:gpt-4o(?:-mini)?-(?:tts|transcribe(?:-diarize)?)|gpt-image-[\w.]+?|tts-1(?:-hd)?))-(?:\d{4}-\d{2}-\d{2}|\d{4})$/

/** The name under which a model of pictures or sound has its price; any other name as it is. */
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

/** That no price of the table exceeds, for a model that nobody knows. */
export const DEAREST_MEDIA: MediaRates = {
  picture: pictureRates('hd', '1792x1024', [['hd', '1792x1024', 0.12]]),
  character: picosPerToken(30),
  // $0.006 a minute, as whisper-1.
  audioSecond: picosPerSecond(0.36),
}

export function picosPerSecond(usdPerHour: number): number {
  return Math.ceil((usdPerHour * 1e12) / 3600 - 1e-4)
}

/** The same price for every picture, whatever its size and quality. */
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

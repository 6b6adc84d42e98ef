import { plainModelName } from '../../pricing/index.ts'
import type { PictureSize } from './picture-size.ts'

/** An image in a request. */
export type Picture = {
  /** Undefined if it is not known: for a URL, an id, or an unknown format. */
  readonly size: PictureSize | undefined
  /** Whether it has OpenAI's `detail: 'low'`. */
  readonly isLow: boolean
}

/** How a family of models counts images. */
type Rule = { readonly most: number; readonly tokens: (size: PictureSize) => number; readonly low?: number }

/** Counts 512 px tiles after scaling to at most 2,048 × 2,048 px and a shorter side of at most 768 px. */
function tiles(base: number, perTile: number): Rule {
  // The small subtrahend compensates rounding errors.
  const tokens = ({ width, height }: PictureSize) => {
    const fitted = Math.min(1, 2048 / Math.max(width, height))
    const scale = fitted * Math.min(1, 768 / (fitted * Math.min(width, height)))
    const across = (pixels: number) => Math.ceil((pixels * scale) / 512 - 1e-9)
    return base + perTile * Math.min(8, across(width) * across(height))
  }
  return { most: base + 8 * perTile, tokens, low: base }
}

/** Counts 32 px patches times a multiplier. A larger image is scaled to at most `most` patches. */
function patches(most: number, multiplier: number): Rule {
  // The small subtrahend compensates rounding errors.
  const times = (patches: number) => Math.ceil(patches * multiplier - 1e-9)
  return { most: times(most), tokens: ({ width, height }) => times(Math.min(most, covering(width, height, 32))) }
}

/** Counts a token per 750 pixels, or per square of 28 px if that is more, after scaling to a side of at most `longest`. */
function area(most: number, longest = Number.POSITIVE_INFINITY): Rule {
  return {
    most,
    tokens: ({ width, height }) => {
      const fit = Math.min(1, longest / Math.max(width, height))
      const [wide, high] = [Math.ceil(width * fit), Math.ceil(height * fit)]
      return Math.min(most, Math.max(Math.ceil((wide * high) / 750), covering(wide, high, 28)))
    },
  }
}

const SMALL_SIDE = 384

/** Counts 258 tokens, or 258 per tile of up to 768 px for a larger image. */
const GEMINI_TILES: Rule = {
  most: 48_169,
  tokens: ({ width, height }) => {
    if (width <= SMALL_SIDE && height <= SMALL_SIDE) return 258
    const side = Math.min(768, Math.max(256, Math.floor(Math.min(width, height) / 1.5)))
    return Math.min(48_169, 258 * covering(width, height, side))
  },
}

function flat(most: number): Rule {
  return { most, tokens: () => most }
}

/** Counts by the dearer of two rules, where documentation and bills disagree. */
function dearer(one: Rule, other: Rule): Rule {
  return {
    most: Math.max(one.most, other.most),
    tokens: (size) => Math.max(one.tokens(size), other.tokens(size)),
  }
}

function covering(width: number, height: number, side: number): number {
  return Math.ceil(width / side) * Math.ceil(height / side)
}

/** For a model without documentation: the dearest rule, and squares of 14 px, the smallest in use. */
const UNKNOWN: Rule = dearer(tiles(2_833, 5_667), {
  most: 48_169,
  tokens: ({ width, height }) => Math.min(48_169, covering(width, height, 14)),
})

/** As of 26 November 2026; the first matching row applies. */
const RULES: readonly (readonly [model: RegExp, rule: Rule])[] = [
  // OpenAI (developers.openai.com/api/docs/guides/images-vision, calculating costs).
  [/^gpt-4o-mini/, tiles(2_833, 5_667)],
  [/^gpt-4\.1-mini/, patches(1_536, 1.62)],
  [/^gpt-4\.1-nano/, patches(1_536, 2.46)],
  [/^(o4-mini|codex-mini)/, patches(1_536, 1.72)],
  [/^(gpt-4|chatgpt-4o)/, tiles(85, 170)],
  [/^o[13]/, tiles(75, 150)],
  [/^computer-use/, tiles(65, 129)],
  [/^gpt-5-mini/, patches(1_536, 1.62)],
  [/^gpt-5-nano/, patches(1_536, 2.46)],
  // Bills show up to 2,500 patches of these, at 1.2; the page says 1,536 at 1.62 and 2.46.
  [/^gpt-5\.[1-5].*-mini/, patches(2_500, 1.62)],
  [/^gpt-5\.[1-5].*-nano/, patches(2_500, 2.46)],
  [/^gpt-5(?!\.[2-9])/, tiles(70, 140)],
  [/^gpt-5\.[23]/, dearer(tiles(70, 140), patches(2_500, 1.2))],
  // With `original` detail, which `auto` can select.
  [/^gpt-5\.[45]/, patches(10_000, 1.2)],
  [/^gpt-(5\.[6-9]|[6-9])/, patches(30_000, 1.2)],
  [/^(gpt-|chatgpt-|o\d)/, dearer(tiles(85, 170), patches(1_536, 2.46))],
  // Anthropic (platform.claude.com/docs/en/build-with-claude/vision): higher resolution from Opus 4.7 on.
  [/claude-(2|3|instant|v1|(opus|sonnet|haiku)-4([-.][0-6])?([-@]\d{6,}.*)?$)/, area(1_640, 1568)],
  [/claude/, area(4_784)],
  // Google (ai.google.dev/gemini-api/docs/tokens and /media-resolution): the highest resolution.
  [/^gemini-3/, flat(2_240)],
  [/^gemini-2/, GEMINI_TILES],
]

/** Model names come from callers, so this cache is bounded. */
const MAX_MODELS = 1000
const known = new Map<string, Rule>()

function ruleOf(model: string): Rule {
  let rule = known.get(model)
  if (rule === undefined) {
    const name = plainModelName(model)
    rule = RULES.find(([pattern]) => pattern.test(name))?.[1] ?? UNKNOWN
    if (known.size >= MAX_MODELS) known.clear()
    known.set(model, rule)
  }
  return rule
}

/** Returns the most input tokens that a model counts for an image. */
export function pictureTokens(model: string, { size, isLow }: Picture): number {
  const rule = ruleOf(model)
  if (isLow && rule.low !== undefined) return rule.low
  return size === undefined ? rule.most : rule.tokens(size)
}

/** Returns the most input tokens that a model counts for any image. */
export function mostPictureTokens(model: string): number {
  return ruleOf(model).most
}

/** The most tokens of one image on any model. */
export const MOST_PICTURE_TOKENS = UNKNOWN.most

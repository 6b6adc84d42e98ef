/**
 * The most tokens that one picture can count, by model, as of 26 November 2026. A remote picture is not in the body, and
 * a small file can be a large picture, so that nothing but this bounds it.
 *
 * OpenAI (developers.openai.com/api/docs/guides/images-vision): 2,833 + 5,667 a tile of at most 8 for gpt-4o-mini;
 * 30,000 patches × 1.2 from gpt-5.6 on, 10,000 × 1.2 for gpt-5.4 and gpt-5.5 in `original` detail; 1,536 × 2.46 for the
 * smallest of the others. Anthropic (docs.anthropic.com/en/docs/build-with-claude/vision): 4,784 at high resolution.
 */
const MOST_TOKENS: readonly (readonly [RegExp, number])[] = [
  [/^gpt-4o-mini/, 48_169],
  [/^gpt-(5\.[6-9]|[6-9])/, 36_000],
  [/^gpt-5\.[45](?!.*-(mini|nano))/, 12_000],
  [/^(gpt-|chatgpt-|o\d|computer-use)/, 3_800],
  [/claude/, 4_784],
]

/** For a model of which nothing is documented: the most of all. */
export const MOST_PICTURE_TOKENS = 48_169

export function pictureTokens(model: string): number {
  return MOST_TOKENS.find(([name]) => name.test(model))?.[1] ?? MOST_PICTURE_TOKENS
}

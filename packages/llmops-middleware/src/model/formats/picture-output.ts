/**
 * The most output tokens of one image by a GPT Image model, as of 26 November 2026: the largest documented number of
 * gpt-image-1, 1.5, 1-mini and 2 (developers.openai.com/api/docs/guides/image-generation, tokens and prices of low, medium
 * and high quality at 1024x1024, 1024x1536 and 1536x1024).
 */
const MOST_TOKENS: Readonly<Record<string, number>> = { low: 750, medium: 1_900, high: 7_040 }
/** For a quality without documented tokens. This is not an upper bound, which the guarantee says. */
const FINER_TOKENS = 4 * 7_040
/** For each partial image in a stream (same guide, partial images). */
const PARTIAL_TOKENS = 100
const DOCUMENTED_PIXELS = 1024 * 1024
const SIZE = /^(\d{1,5})x(\d{1,5})$/

/** @param quality as in the request; without one the model chooses up to `high` */
export function mostOutputTokens(size: unknown, quality: unknown, partials: number): number {
  const name = quality === undefined || quality === null || quality === 'auto' ? 'high' : String(quality)
  const tokens = MOST_TOKENS[name === 'standard' || name === 'hd' ? 'high' : name] ?? FINER_TOKENS
  const [, width = 0, height = 0] = (SIZE.exec(String(size)) ?? []).map(Number)
  // A larger image has no more tokens per pixel than the documented sizes.
  const pixels = width * height
  const share = pixels > 1.5 * DOCUMENTED_PIXELS ? pixels / DOCUMENTED_PIXELS : 1
  return Math.ceil(tokens * share) + partials * PARTIAL_TOKENS
}

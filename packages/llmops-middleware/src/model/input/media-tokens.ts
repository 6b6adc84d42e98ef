import { plainModelName } from '../../pricing/index.ts'
import { mostPictureTokens } from './picture-tokens.ts'

/** Tokens per second of audio, as of 26 November 2026. */
const PER_SECOND: readonly (readonly [model: RegExp, tokens: number])[] = [
  // developers.openai.com/api/docs/guides/realtime-costs: one for each 100 ms
  [/^(gpt-|o\d)/, 10],
  // ai.google.dev/gemini-api/docs/audio: 32
]
const MOST_PER_SECOND = 32

export function speechTokens(model: string, seconds: number): number {
  const name = plainModelName(model)
  return Math.ceil(seconds * (PER_SECOND.find(([pattern]) => pattern.test(name))?.[1] ?? MOST_PER_SECOND))
}

/** The text of a page, documented as 1,500 to 3,000 tokens (platform.claude.com/docs/en/build-with-claude/pdf-support). */
export const PAGE_TEXT_TOKENS = 3_000

/** Gemini counts a page only as an image (ai.google.dev/gemini-api/docs/document-processing). */
const PER_PAGE: readonly (readonly [model: RegExp, tokens: number])[] = [
  [/^gemini-3/, 1_120],
  [/^gemini-/, 258],
]

/** Returns the tokens of a page, which is counted as an image and its text. */
export function pageTokens(model: string): number {
  const name = plainModelName(model)
  return PER_PAGE.find(([pattern]) => pattern.test(name))?.[1] ?? PAGE_TEXT_TOKENS + mostPictureTokens(model)
}

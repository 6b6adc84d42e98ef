import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Newest good one first: it is the default. A prompt is changed by adding a file, so that a version never changes. */
export const PROMPT_VERSIONS = [
  'support-v3',
  // The prompt of a Friday at 4 PM: quicker, friendlier, and wrong with status 200. Kept for drills.
  'support-v4-friday',
] as const

export type PromptVersion = (typeof PROMPT_VERSIONS)[number]

export function readPrompt(version: PromptVersion): string {
  return readFileSync(join(import.meta.dirname, `${version}.md`), 'utf8').trim()
}

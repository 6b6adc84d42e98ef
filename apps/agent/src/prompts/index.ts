import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The first is the default. To change a prompt, add a file: an existing version never changes. */
export const PROMPT_VERSIONS = [
  'support-v3',
  // A bad prompt for drills: it makes the model answer from memory, so answers are wrong with status 200.
  'support-v4-friday',
] as const

export type PromptVersion = (typeof PROMPT_VERSIONS)[number]

export function readPrompt(version: PromptVersion): string {
  return readFileSync(join(import.meta.dirname, `${version}.md`), 'utf8').trim()
}

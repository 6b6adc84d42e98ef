import { countTokens } from './tokens.ts'

const MAX_PROMPTS = 16
/** Shorter prompts are never cached, so they are not compared. */
const MIN_CHARACTERS = 4096

/** The longest prefix of a prompt that was seen before, in tokens. */
export class PromptCache {
  #prompts: string[] = []

  prefixTokens(prompt: string): number {
    if (prompt.length < MIN_CHARACTERS) return 0
    const longest = Math.max(0, ...this.#prompts.map((seen) => commonLength(seen, prompt)))
    this.#prompts = [prompt, ...this.#prompts.slice(0, MAX_PROMPTS - 1)]
    return countTokens(prompt.slice(0, longest))
  }
}

function commonLength(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  let index = 0
  while (index < length && a.charCodeAt(index) === b.charCodeAt(index)) index++
  return index
}

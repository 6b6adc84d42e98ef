import { countTokens } from './tokens.ts'

const MAX_PROMPTS = 16
/** Shorter prompts are never cached, so they are not compared. */
const MIN_CHARACTERS = 1024

/** The longest prefix of a prompt that the same model has seen before, in tokens. */
export class PromptCache {
  #seen: { model: string; prompt: string }[] = []

  prefixTokens(model: string, prompt: string): number {
    if (prompt.length < MIN_CHARACTERS) return 0
    const lengths = this.#seen.map((seen) => (seen.model === model ? commonLength(seen.prompt, prompt) : 0))
    this.#seen = [{ model, prompt }, ...this.#seen.slice(0, MAX_PROMPTS - 1)]
    return countTokens(prompt.slice(0, Math.max(0, ...lengths)))
  }
}

function commonLength(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  let index = 0
  while (index < length && a.charCodeAt(index) === b.charCodeAt(index)) index++
  return index
}

import { wire } from 'llmops-middleware/testing'
import type { Conversation } from './conversation.ts'

const CACHE_MINIMUM_TOKENS = 1024
const CACHE_STEP_TOKENS = 128
const MAX_PROMPTS = 16
/** Shorter prompts are never cached, so they are not compared. */
const MIN_CHARACTERS = 1024

/** A prompt is cached from 1,024 tokens in steps of 128 (platform.openai.com/docs/guides/prompt-caching). */
export function cachedTokens(prefixTokens: number): number {
  return prefixTokens < CACHE_MINIMUM_TOKENS ? 0 : Math.floor(prefixTokens / CACHE_STEP_TOKENS) * CACHE_STEP_TOKENS
}

/** The prompt as one text, in the order of providers: tools and system first. */
export function promptText({ system, tools, messages }: Conversation): string {
  return JSON.stringify([tools, system, messages])
}

/** The longest prefix of a prompt that the same model has seen before, in tokens. */
export class PromptCache {
  #seen: { model: string; prompt: string }[] = []

  prefixTokens(model: string, prompt: string): number {
    if (prompt.length < MIN_CHARACTERS) return 0
    const lengths = this.#seen.map((seen) => (seen.model === model ? commonLength(seen.prompt, prompt) : 0))
    this.#seen = [{ model, prompt }, ...this.#seen.slice(0, MAX_PROMPTS - 1)]
    return wire.countTokens(prompt.slice(0, Math.max(0, ...lengths)))
  }
}

function commonLength(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  let index = 0
  while (index < length && a.charCodeAt(index) === b.charCodeAt(index)) index++
  return index
}

import { nearest } from '../nearest.ts'

/** Shorter names differ in a letter without being misspelt. */
const MIN_LENGTH = 3

/**
 * Returns the declared field whose name this one may misspell, or to which it adds words: `recipient_email` for `email`.
 */
export function resembled(name: string, declared: readonly string[]): string | undefined {
  const bare = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
  const has = (long: string, short: string) => short.length >= MIN_LENGTH && bare(long).includes(bare(short))
  return nearest(name, declared) ?? declared.find((other) => has(name, other) || has(other, name))
}

import type { WordEntry } from '../word.ts'

/** Every word, in the order of `llmops --help`. */
export const WORDS: readonly WordEntry[] = []

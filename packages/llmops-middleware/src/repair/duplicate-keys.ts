import { MAX_DEPTH } from '../nesting.ts'
import { JsonReader } from './json-reader.ts'

/** Matches the end of every key. It may also match the start of a text such as ": a". */
const AFTER_KEY = /"\s*:/g

export type DuplicateKey = { readonly problem: string; readonly at: number }

/**
 * Finds a key that an object has twice, with two values: `JSON.parse` takes the last, other parsers the first.
 *
 * @param json a text that `JSON.parse` accepts
 * @param value what `JSON.parse` returned
 */
export function duplicateKey(json: string, value: unknown): DuplicateKey | undefined {
  let left = keysIn(value, 0)
  AFTER_KEY.lastIndex = 0
  while (AFTER_KEY.test(json)) left--
  if (left >= 0) return undefined
  const reader = new JsonReader(json, json.search(/\S/), { canComplete: false })
  reader.read()
  return reader.problem === undefined ? undefined : { problem: reader.problem, at: reader.at }
}

/** Counts the keys at all depths. Infinity for a value that is nested too deep, which is refused anyway. */
function keysIn(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0
  if (depth > MAX_DEPTH) return Number.POSITIVE_INFINITY
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) count += keysIn(item, depth + 1)
    return count
  }
  for (const key in value) count += 1 + keysIn((value as Record<string, unknown>)[key], depth + 1)
  return count
}

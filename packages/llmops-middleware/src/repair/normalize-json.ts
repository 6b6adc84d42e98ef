import { JsonReader } from './json-reader.ts'

export type NormalizedJson =
  | { readonly kind: 'json'; readonly json: string }
  /** The text ends before its value does. */
  | { readonly kind: 'cut' }
  /** Not JSON in any spelling, or in a spelling that has a second reading. */
  | { readonly kind: 'other' }

/**
 * Rewrites a value that a model spelled differently, as JSON, where it has one reading. Nothing that the text lacks is
 * added, so text that was cut is never completed: each bracket and each quote of the result stands in the text, and so
 * does each value.
 *
 * - Removed: one comma too many before a bracket, comments, prose, a call or a code fence around the value, closing
 *   brackets after it.
 * - Replaced: single and curly quotes, `True`, `False`, `None`, `\'` between single quotes, control characters in texts.
 * - Added: a comma between a value and the next key.
 *
 * Refused, since it could mean something else: a second value, fields outside the brackets, a key that is there twice,
 * escapes that JSON does not know, keys and texts without quotes, and a comment that says that something was left out.
 */
export function normalizeJson(text: string): NormalizedJson {
  const start = text.search(/[{[]/)
  if (start < 0) return { kind: 'other' }
  const reader = new JsonReader(text, start)
  const json = reader.read()
  if (json === undefined) return { kind: reader.isAtEnd ? 'cut' : 'other' }
  return isAround(text.slice(0, start), text.slice(reader.at)) ? { kind: 'json', json } : { kind: 'other' }
}

/** Whether what stands before and after the value is no part of the arguments. */
function isAround(before: string, after: string): boolean {
  const hasBrackets = /[{}[\]]/.test(before) || (/[{}[\]]/.test(after) && !(isBlank(before) && isClosersOnly(after)))
  const hasKeys = /["'“”‘’]\s*:/.test(before) || /["'“”‘’]\s*:/.test(after)
  return !hasBrackets && !hasKeys && !/,\s*$/.test(before) && !/^\s*,/.test(after) && isQuotedEvenly(before, after)
}

function isBlank(text: string): boolean {
  return text.trim() === ''
}

function isClosersOnly(text: string): boolean {
  return /^[\s}\]]*$/.test(text)
}

/** A quote right before the value needs one right after: otherwise the value lies in a text that was cut. */
function isQuotedEvenly(before: string, after: string): boolean {
  const opened = /["'“‘]\s*$/.exec(before)
  return !opened || /^\s*["'”’]/.test(after)
}

import { problemAround } from './around-value.ts'
import { JsonReader, type ReaderOptions } from './json-reader.ts'

export type NormalizeOptions = ReaderOptions & {
  /** The name of the tool that is called, if that is known. */
  readonly tool?: string | undefined
}

export type NormalizedJson =
  | { readonly kind: 'json'; readonly json: string; readonly wasCompleted: boolean }
  /** The text ends before its value does. */
  | { readonly kind: 'cut' }
  /** Not JSON in any spelling, or in a spelling that has a second reading: why, and where. */
  | { readonly kind: 'other'; readonly problem: string; readonly at: number }

/**
 * Rewrites a value that a model spelled differently, as JSON, where it has one reading. Nothing that the text lacks is
 * added, so text that was cut is never completed: each bracket and each quote of the result stands in the text, and so
 * does each value.
 *
 * - Removed: one comma too many before a bracket, comments, prose, a call or a code fence around the value, closing
 *   brackets after it, the same value again.
 * - Replaced: single and curly quotes, `True`, `False`, `None`, `\'` between single quotes, control characters in texts.
 * - Added: a comma between a value and the next key; where `canComplete`, also the quotes around keys, and the quote and
 *   the brackets that a text lacks at its end.
 *
 * Refused, since it could mean something else: a second value, fields outside the brackets or in comments, a key that has
 * two values, escapes that JSON does not know, texts without quotes, a key without a value, a comment that leaves something
 * open, a value in a thought or in the call of another tool; for an effect also prose that is more than an introduction.
 */
export function normalizeJson(text: string, options: NormalizeOptions): NormalizedJson {
  const start = text.search(/[{[]/)
  if (start < 0) return { kind: 'other', problem: 'is not JSON: it has no { or [', at: 0 }
  const whole = options.canComplete ? withoutLastFence(text, start) : text
  const reader = new JsonReader(whole, start, options)
  const json = reader.read()
  if (json === undefined) {
    if (reader.isAtEnd) return { kind: 'cut' }
    return { kind: 'other', problem: reader.problem ?? 'is not JSON', at: reader.at }
  }
  const end = endOfRepetitions(whole, reader.at, json)
  const problem = problemAround({ before: whole.slice(0, start), after: whole.slice(end), json, ...options })
  if (problem !== undefined) return { kind: 'other', problem, at: end }
  return { kind: 'json', json, wasCompleted: reader.hasCompleted }
}

/** A fence that was opened before the value ends it, also where the value was cut. */
function withoutLastFence(text: string, start: number): string {
  const end = text.trimEnd()
  return text.slice(0, start).includes('```') && end.endsWith('```') ? end.slice(0, -3).trimEnd() : text
}

const NEXT_VALUE = /\s*(?=[{[])/y

/** Some servers send the same arguments twice, one behind the other. */
function endOfRepetitions(text: string, at: number, json: string): number {
  for (let end = at; ; ) {
    NEXT_VALUE.lastIndex = end
    if (!NEXT_VALUE.test(text)) return end
    const reader = new JsonReader(text, NEXT_VALUE.lastIndex, { canComplete: false })
    if (reader.read() !== json) return end
    end = reader.at
  }
}

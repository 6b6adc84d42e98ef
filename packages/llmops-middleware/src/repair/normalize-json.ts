import { problemAround } from './around-value.ts'
import { JsonReader, type ReaderOptions } from './json-reader.ts'

export type NormalizeOptions = ReaderOptions & {
  /** The name of the tool that is called, if it is known. */
  readonly tool?: string | undefined
}

export type NormalizedJson =
  | { readonly kind: 'json'; readonly json: string; readonly wasCompleted: boolean }
  /** The text ends before its value does. */
  | { readonly kind: 'cut' }
  /** Not JSON in any spelling, or in a spelling with a second reading. `problem` says why, `at` where. */
  | { readonly kind: 'other'; readonly problem: string; readonly at: number }

/**
 * Rewrites a value in another spelling as JSON, if it has only one reading. Unless `canComplete`, nothing is added, so
 * a text that was cut is never completed: each bracket, quote and value of the result is in the text.
 *
 * - Removed: a trailing comma, comments, prose, a call or a code fence around the value, closing brackets after it, a
 *   repetition of the same value.
 * - Replaced: single and curly quotes, `True`, `False`, `None`, `\'` between single quotes, control characters in texts.
 * - Added: a comma between a value and the next key. With `canComplete`, also the quotes around keys, and missing
 *   quotes and brackets at the end.
 *
 * Refused, because it could mean something else: a second value, fields outside the brackets or in comments, a key with
 * two values, escapes that JSON does not have, texts without quotes, a key without a value, a comment that may stand
 * for omitted content, a value in reasoning or in the call of another tool. For a tool with an effect, prose that is
 * more than an introduction is refused too, also in a comment.
 */
export function normalizeJson(text: string, options: NormalizeOptions): NormalizedJson {
  const start = startOfValue(text)
  if (start < 0) return { kind: 'other', problem: 'is not JSON: it has no { or [', at: 0 }
  const whole = options.canComplete ? withoutLastFence(text, start) : text
  const reader = new JsonReader(whole, start, options)
  const json = reader.read()
  if (json === undefined) {
    if (reader.isAtEnd) return { kind: 'cut' }
    return { kind: 'other', problem: reader.problem ?? 'is not JSON', at: reader.at }
  }
  const { comments } = reader
  const end = endOfRepetitions(whole, reader.at, { json, comments })
  const problem = problemAround({ before: whole.slice(0, start), after: whole.slice(end), json, comments, ...options })
  if (problem !== undefined) return { kind: 'other', problem, at: end }
  return { kind: 'json', json, wasCompleted: reader.hasCompleted }
}

/** Mistral's models mark the parts of a call: `[TOOL_CALLS]name[CALL_ID]id[ARGS]{…}`. */
const MARK = /^\s*\[TOOL_CALLS\]\s*(?:[\w.-]{1,200}\s*(?:\[CALL_ID\]\s*\w{1,200}\s*)?(?:\[ARGS\])?)?|^\s*\[ARGS\]/

/** Returns the position of the first bracket that is not part of a mark. Below 0 if there is none. */
function startOfValue(text: string): number {
  const marked = MARK.exec(text)?.[0].length ?? 0
  const found = (marked === 0 ? text : text.slice(marked)).search(/[{[]/)
  return found < 0 ? found : marked + found
}

/** Removes the closing fence if one was opened before the value, also if the value was cut. */
function withoutLastFence(text: string, start: number): string {
  const end = text.trimEnd()
  return text.slice(0, start).includes('```') && end.endsWith('```') ? end.slice(0, -3).trimEnd() : text
}

const NEXT_VALUE = /\s*(?=[{[])/y

/** Some servers send the same arguments twice in a row. Adds the comments in the repetitions. */
function endOfRepetitions(text: string, at: number, { json, comments }: { json: string; comments: string[] }): number {
  for (let end = at; ; ) {
    NEXT_VALUE.lastIndex = end
    if (!NEXT_VALUE.test(text)) return end
    const reader = new JsonReader(text, NEXT_VALUE.lastIndex, { canComplete: false })
    if (reader.read() !== json) return end
    comments.push(...reader.comments)
    end = reader.at
  }
}

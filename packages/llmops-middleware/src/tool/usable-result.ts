import { types } from 'node:util'
import { cutText, PlainCopy } from './plain-copy.ts'
import { wordlessClass } from './wordless.ts'

/** A result that a model can read. */
export type UsableResult = {
  readonly value: unknown
  /** The value as JSON. A text is not quoted. */
  readonly json: string
  /** Whether `value` is a copy, because JSON cannot represent what the function returned. */
  readonly wasConverted: boolean
  /** Whether something was left out because it was too large. */
  readonly wasCut: boolean
}

/**
 * Returns the value itself if JSON represents all of it in `maxBytes`. Else returns a copy that fits: lists end
 * earlier, members are left out, texts are shorter.
 */
export function usableResult(value: unknown, maxBytes: number): UsableResult {
  if (typeof value === 'string') return usableText(value, maxBytes)
  const json = jsonOf(value, maxBytes)
  if (json !== undefined) return { value, json, wasConverted: false, wasCut: false }
  const copy = new PlainCopy(maxBytes)
  const plain = copy.of(value)
  const written = typeof plain === 'string' ? plain : (JSON.stringify(plain) ?? '')
  return { value: plain, json: written, wasConverted: true, wasCut: copy.wasCut }
}

function usableText(text: string, maxBytes: number): UsableResult {
  const value = Buffer.byteLength(text) <= maxBytes ? text : cutText(text, maxBytes)
  return { value, json: value, wasConverted: false, wasCut: value !== text }
}

/** Undefined if JSON cannot represent all of it in `maxBytes`. */
function jsonOf(value: unknown, maxBytes: number): string | undefined {
  try {
    if (lengthLeft(value, maxBytes, 0) < 0) return undefined
    const json = JSON.stringify(value) ?? (value === undefined ? '' : undefined)
    return json !== undefined && Buffer.byteLength(json) <= maxBytes ? json : undefined
  } catch {
    // A getter, a proxy or a `toJSON` that throws.
    return undefined
  }
}

const MAX_DEPTH = 100
/** Less than every possible length. */
const NOT_PLAIN = Number.NEGATIVE_INFINITY

/**
 * Returns how much of `length` characters is left after a value, at most. The result is below 0 if the value does not
 * fit or JSON cannot represent it. It stops there, so that a few objects with many references to each other take no
 * longer than a long text.
 */
function lengthLeft(value: unknown, length: number, depth: number): number {
  if (typeof value === 'string') return length - value.length - 2
  if (typeof value === 'bigint') return NOT_PLAIN
  if (typeof value !== 'object' || value === null) return length - 1
  if (depth > MAX_DEPTH) return NOT_PLAIN
  if (Array.isArray(value)) return lengthLeftAfterList(value, length - 2, depth)
  // JSON writes each element. To list millions of them would block the process.
  if (types.isTypedArray(value) && 2 * value.length > length) return NOT_PLAIN
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    if (prototype === Date.prototype) return length - 4
    const { toJSON } = value as { toJSON?: unknown }
    if (typeof toJSON === 'function') return lengthLeft(toJSON.call(value), length, depth + 1)
    if (isEmptyInJson(value)) return NOT_PLAIN
  }
  return lengthLeftAfterMembers(value, length - 2, depth)
}

function lengthLeftAfterList(list: readonly unknown[], length: number, depth: number): number {
  let left = length
  for (const member of list) {
    left = lengthLeft(member, left, depth + 1)
    if (left < 0) return left
  }
  return left
}

function lengthLeftAfterMembers(value: object, length: number, depth: number): number {
  let left = length
  for (const name in value) {
    const member = (value as Record<string, unknown>)[name]
    left = member === undefined ? left : lengthLeft(member, left - name.length - 3, depth + 1)
    if (left < 0) return left
  }
  return left
}

/** JSON writes `{}` for them. */
function isEmptyInJson(value: object): boolean {
  return (
    types.isMap(value) ||
    types.isSet(value) ||
    types.isNativeError(value) ||
    types.isRegExp(value) ||
    types.isPromise(value) ||
    wordlessClass(value) !== undefined
  )
}

import { types } from 'node:util'
import { cutText, PlainCopy } from './plain-copy.ts'

/** A result that a model can read. */
export type UsableResult = {
  readonly value: unknown
  /** The value as JSON; a text as itself. */
  readonly json: string
  /** Whether it is another value than the function returned, because JSON cannot say that one. */
  readonly wasConverted: boolean
  /** Whether there was more of it. */
  readonly wasCut: boolean
}

/**
 * The value itself where JSON says all of it in so many bytes. Else a copy that JSON can say, cut where it is too long:
 * lists end earlier, members are left out, texts are shorter.
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

/** Undefined when JSON cannot say all of it in so many bytes. */
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
/** Below every length that is left. */
const NOT_PLAIN = Number.NEGATIVE_INFINITY

/**
 * How much of so many characters is left after a value, at the most. Below 0 when it does not fit or JSON cannot say all
 * of it. It stops there, so that few objects which refer to each other in many ways take no longer than a long text.
 */
function lengthLeft(value: unknown, length: number, depth: number): number {
  if (typeof value === 'string') return length - value.length - 2
  if (typeof value === 'bigint') return NOT_PLAIN
  if (typeof value !== 'object' || value === null) return length - 1
  if (depth > MAX_DEPTH) return NOT_PLAIN
  if (Array.isArray(value)) return lengthLeftAfterList(value, length - 2, depth)
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    if (prototype === Date.prototype) return length - 4
    const { toJSON } = value as { toJSON?: unknown }
    if (typeof toJSON === 'function') return lengthLeft(toJSON.call(value), length, depth + 1)
    if (saysNothing(value)) return NOT_PLAIN
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

/** JSON says `{}` of them. */
function saysNothing(value: object): boolean {
  return (
    types.isMap(value) ||
    types.isSet(value) ||
    types.isNativeError(value) ||
    types.isRegExp(value) ||
    types.isPromise(value)
  )
}

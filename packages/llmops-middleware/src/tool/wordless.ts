import { types } from 'node:util'

/**
 * Returns the name of the class of an object that has content which JSON omits, such as a `Response`, a stream, `Headers`
 * or a generator: JSON writes `{}` for it, and a model would read that as an empty answer. Undefined for every other
 * value.
 */
export function wordlessClass(value: unknown): string | undefined {
  try {
    return typeof value === 'object' && value !== null ? classOfWordless(value) : undefined
  } catch {
    // A getter or a proxy that throws.
    return undefined
  }
}

type Traits = {
  readonly [Symbol.toStringTag]?: unknown
  readonly [Symbol.iterator]?: unknown
  readonly toJSON?: unknown
}

function classOfWordless(value: object & Traits): string | undefined {
  const prototype = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null || hasForm(value)) return undefined
  const tag = value[Symbol.toStringTag]
  // Packages such as node-fetch have a Response with settings of its own, but no body, among its members.
  if (tag === 'Response') return tag
  if (Object.keys(value).length > 0) return undefined
  if (typeof tag === 'string' && tag !== '') return tag
  return typeof value[Symbol.iterator] === 'function' ? value.constructor.name || 'iterator' : undefined
}

/** Whether JSON, or the conversion of results, has a form for all such values. */
function hasForm(value: object & Traits): boolean {
  return (
    typeof value.toJSON === 'function' ||
    Array.isArray(value) ||
    types.isTypedArray(value) ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isPromise(value) ||
    types.isNativeError(value) ||
    types.isBoxedPrimitive(value)
  )
}

/** Tells the developer what to return in place of such an object. */
export function wordsFor(className: string): string {
  if (className === 'Response') return 'return `await response.json()`'
  if (className === 'Blob' || className === 'File') return 'return `await blob.text()`'
  return 'return its content, as a plain object, a list or a text'
}

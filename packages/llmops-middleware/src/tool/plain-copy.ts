import { types } from 'node:util'
import { wordlessClass } from './wordless.ts'

/** Deeper than results for a model are nested, and within what every JSON parser accepts. */
const MAX_DEPTH = 100

/**
 * In characters. A short text is left out rather than cut, because half of a name or an id would look like another one.
 */
const SHORT_TEXT = 200
const CUT_MARK = '…'

/** Returned for a value that does not fit any more. */
const OMITTED = Symbol('omitted')

/** Copies a value of any kind to one that JSON can represent in at most `maxBytes`. */
export class PlainCopy {
  #bytesLeft: number
  /** The objects from the value down to the member that is being copied. */
  readonly #path = new Set<object>()
  /** Whether something was left out because it did not fit. */
  wasCut = false

  constructor(maxBytes: number) {
    this.#bytesLeft = maxBytes
  }

  of(value: unknown): unknown {
    const copy = this.#copy(value)
    return copy === OMITTED ? undefined : copy
  }

  #copy(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        return this.#text(value)
      case 'bigint':
        return this.#text(String(value))
      case 'object':
        return value === null ? this.#take(null, 4) : this.#object(value)
      case 'function':
      case 'symbol':
      case 'undefined':
        return undefined
      default:
        return this.#take(value, JSON.stringify(value).length)
    }
  }

  #object(value: object): unknown {
    if (this.#path.has(value)) return this.#text('[circular]')
    if (this.#path.size >= MAX_DEPTH) return this.#text('[nested too deep]')
    this.#path.add(value)
    try {
      return this.#members(value)
    } catch (error) {
      // The value is a revoked proxy.
      return this.#text(unreadable(error))
    } finally {
      this.#path.delete(value)
    }
  }

  #members(value: object): unknown {
    if (types.isTypedArray(value) && 2 * value.length > this.#bytesLeft) return this.#leftOut(value)
    const { toJSON } = value as { toJSON?: unknown }
    if (typeof toJSON === 'function') return this.#copy(read(() => toJSON.call(value)))
    if (Array.isArray(value)) return this.#list(value)
    if (types.isSet(value)) return this.#list(value)
    if (types.isMap(value)) return this.#map(value)
    if (types.isNativeError(value)) return this.#record([...ownMembers(value), ...nameAndMessage(value)])
    if (types.isRegExp(value)) return this.#text(String(value))
    if (types.isPromise(value)) return this.#text('[promise]')
    const wordless = wordlessClass(value)
    return wordless === undefined ? this.#record(ownMembers(value)) : this.#text(`[${wordless}]`)
  }

  #map(map: ReadonlyMap<unknown, unknown>): unknown {
    for (const key of map.keys()) if (typeof key !== 'string') return this.#list(map)
    return this.#record(map as ReadonlyMap<string, unknown>)
  }

  /** Half of an image or of a file would look like another one. */
  #leftOut(binary: NodeJS.TypedArray): unknown {
    this.wasCut = true
    return this.#text(`[${binary.constructor.name} of ${binary.byteLength} bytes]`)
  }

  #list(members: Iterable<unknown>): unknown {
    if (this.#take(true, 2) === OMITTED) return OMITTED
    const copy: unknown[] = []
    for (const member of members) {
      if (this.#take(true, 1) === OMITTED) break
      const copied = this.#copy(member)
      const made = copied === undefined ? this.#take(null, 4) : copied
      if (made === OMITTED) break
      copy.push(made)
    }
    return copy
  }

  #record(members: Iterable<readonly [string, unknown]>): unknown {
    if (this.#take(true, 2) === OMITTED) return OMITTED
    const copy = {}
    for (const [name, member] of members) {
      if (this.#take(true, bytesOf(name) + 2) === OMITTED) break
      const value = this.#copy(member)
      if (value === OMITTED) break
      // Defined, because assigning a member named `__proto__` would change the prototype.
      Object.defineProperty(copy, name, { value, enumerable: true, writable: true, configurable: true })
    }
    return copy
  }

  #text(text: string): unknown {
    if (text.length <= SHORT_TEXT) return this.#take(text, bytesOf(text))
    const fitting = cutText(text, this.#bytesLeft, bytesOf)
    if (fitting === text) return this.#take(text, bytesOf(text))
    const cut = `${cutText(text, this.#bytesLeft - Buffer.byteLength(CUT_MARK), bytesOf)}${CUT_MARK}`
    this.wasCut = true
    return this.#take(cut, bytesOf(cut))
  }

  /** Subtracts the bytes of a value from those that are left. */
  #take<Value>(value: Value, bytes: number): Value | typeof OMITTED {
    if (bytes > this.#bytesLeft) {
      this.wasCut = true
      return OMITTED
    }
    this.#bytesLeft -= bytes
    return value
  }
}

/** Returns the longest start of a text, in whole characters, that has at most `maxBytes`. */
export function cutText(text: string, maxBytes: number, measure: (text: string) => number = Buffer.byteLength): string {
  let part = text.slice(0, Math.max(0, maxBytes))
  for (;;) {
    if (part.length < text.length && !part.isWellFormed()) part = part.slice(0, -1)
    const bytes = measure(part)
    if (bytes <= maxBytes || part === '') return part
    part = part.slice(0, Math.min(part.length - 1, Math.floor((part.length * maxBytes) / bytes)))
  }
}

function bytesOf(text: string): number {
  return Buffer.byteLength(JSON.stringify(text))
}

function* ownMembers(value: object): Iterable<readonly [string, unknown]> {
  for (const name of read(() => Object.keys(value)) as string[]) {
    yield [name, read(() => (value as Record<string, unknown>)[name])]
  }
}

function nameAndMessage({ name, message }: Error): readonly (readonly [string, unknown])[] {
  return [
    ['name', name],
    ['message', message],
  ]
}

/** A getter, a proxy and a `toJSON` may throw. */
function read(get: () => unknown): unknown {
  try {
    return get()
  } catch (error) {
    return unreadable(error)
  }
}

function unreadable(error: unknown): string {
  return `[unreadable: ${error instanceof Error ? error.message : String(error)}]`
}

import { createHash } from 'node:crypto'
import { isTooDeep } from '../nesting.ts'

/** In characters. A longer text is replaced by its hash. */
const MAX_LENGTH = 1024

/** Returns a short text as it is, and the hash of a long one. */
export function shortened(text: string): string {
  return text.length <= MAX_LENGTH ? text : sha256(text)
}

/** Returns the hash of a JSON text. Texts of the same JSON value have the same hash. */
export function hashOf(json: string): string {
  return sha256(canonicalText(json))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/** Returns a short text that is the same for all spellings of one JSON value. */
export function fingerprintOf(json: string): string {
  return shortened(canonicalText(json))
}

/** Returns the same text for all spellings of one JSON value: the order of members and whitespace do not matter. */
export function canonicalText(json: string): string {
  if (isTooDeep(json)) return json
  try {
    return canonicalJson(JSON.parse(json))
  } catch {
    return json
  }
}

/** Returns a value as JSON with sorted members. @throws if JSON cannot represent it. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(inOrder(value)) ?? ''
}

/** Returns the value itself if its members are sorted already. An instance of a class is not changed. */
function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return listInOrder(value)
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  const members = value as Readonly<Record<string, unknown>>
  const names = Object.keys(members)
  let isSame = true
  const ordered = names.map((name, index) => {
    const member = inOrder(members[name])
    if (member !== members[name] || (index > 0 && names[index - 1]! > name)) isSame = false
    return [name, member] as const
  })
  return isSame ? value : Object.fromEntries(ordered.sort(([one], [other]) => (one < other ? -1 : 1)))
}

function listInOrder(list: readonly unknown[]): readonly unknown[] {
  const ordered = list.map(inOrder)
  return ordered.some((member, index) => member !== list[index]) ? ordered : list
}

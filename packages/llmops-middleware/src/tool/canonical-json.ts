import { createHash } from 'node:crypto'

/** In characters: longer texts are compared and kept by their hash. */
const MAX_LENGTH = 1024

/** A text, or what is as good as it and short. */
export function shortened(text: string): string {
  return text.length <= MAX_LENGTH ? text : sha256(text)
}

/** The same for every text that says one JSON value. */
export function hashOf(json: string): string {
  return sha256(canonicalJson(json))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/** Short, and the same for every text that says one JSON value: in whatever order of members and with whatever space. */
export function fingerprintOf(json: string): string {
  return shortened(canonicalJson(json))
}

function canonicalJson(json: string): string {
  try {
    return JSON.stringify(sorted(JSON.parse(json)))
  } catch {
    return json
  }
}

/** The value itself where its members are in order. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const members = value as Record<string, unknown>
  const names = Object.keys(members)
  let isSorted = true
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!
    const member = sorted(members[name])
    if (member !== members[name]) setOwn(members, name, member)
    if (index > 0 && names[index - 1]! > name) isSorted = false
  }
  return isSorted || Array.isArray(value)
    ? value
    : Object.fromEntries(names.sort().map((name) => [name, members[name]]))
}

/** Not by assignment, which would make a prototype of a member named `__proto__`. */
function setOwn(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true })
}

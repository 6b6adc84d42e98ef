import { createHash } from 'node:crypto'
import { isTooDeep } from '../nesting.ts'

/** In characters: longer texts are compared and kept by their hash. */
const MAX_LENGTH = 1024

/** A text, or what is as good as it and short. */
export function shortened(text: string): string {
  return text.length <= MAX_LENGTH ? text : sha256(text)
}

/** The same for every text that says one JSON value. */
export function hashOf(json: string): string {
  return sha256(canonicalText(json))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/** The same, and short. */
export function fingerprintOf(json: string): string {
  return shortened(canonicalText(json))
}

/** The same for every text that says one JSON value: in whatever order of members and with whatever space. */
export function canonicalText(json: string): string {
  if (isTooDeep(json)) return json
  try {
    return canonicalJson(JSON.parse(json))
  } catch {
    return json
  }
}

/** A value as JSON, with its members in order. @throws where JSON cannot say it. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(inOrder(value)) ?? ''
}

/** The value itself where its members are in order; a class has its own say. */
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

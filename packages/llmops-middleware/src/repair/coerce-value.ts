import { isDeepStrictEqual } from 'node:util'
import { isExact, type WrittenNumbers } from './exact-numbers.ts'
import { isoDate } from './iso-date.ts'
import { isOfType } from './json-schema/type-of.ts'
import { normalizeJson } from './normalize-json.ts'

type Written = {
  /** The digits of a number, as it was written. */
  readonly digits: string | undefined
  /** Whether the value is the whole arguments. */
  readonly isRoot: boolean
}

/** Returns the one value of these types with the same meaning. Undefined if there is none, or more than one. */
export function retyped(types: readonly unknown[], value: unknown, written: Written, numbers: WrittenNumbers): unknown {
  const found = types.flatMap((type) => {
    const meant = as(type, value, written, numbers)
    return meant === undefined ? [] : [meant]
  })
  const [meant, ...others] = found
  if (meant !== undefined) return others.every((other) => isDeepStrictEqual(meant, other)) ? meant : undefined
  const isList = types.every((type) => type === 'array' || type === 'null')
  return isList ? listOf(value) : undefined
}

function as(type: unknown, value: unknown, { digits, isRoot }: Written, numbers: WrittenNumbers): unknown {
  switch (type) {
    case 'number':
    case 'integer':
      return numberOf(value)
    case 'boolean':
      return booleanOf(value)
    case 'string':
      return typeof value === 'number' || typeof value === 'boolean' ? (digits ?? String(value)) : undefined
    case 'object':
      return isRoot && Array.isArray(value) ? objectIn(value) : parsed(type, value, numbers)
    case 'array':
      return parsed(type, value, numbers)
    default:
      return undefined
  }
}

export function numberOf(value: unknown): number | undefined {
  // No thousands separators: 1,234 can mean 1234 or 1.234. No leading zeros: 0644 can be octal.
  const isNumber = typeof value === 'string' && /^\s*[+-]?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?\s*$/.test(value)
  return isNumber && isExact(value) ? Number(value) : undefined
}

function booleanOf(value: unknown): boolean | undefined {
  if (typeof value !== 'string') return undefined
  const word = value.trim().toLowerCase()
  return word === 'true' ? true : word === 'false' ? false : undefined
}

/** Returns the object in a list of one. PHP, and so some gateways, write `[]` for an object without fields. */
function objectIn(list: readonly unknown[]): unknown {
  if (list.length === 0) return {}
  return list.length === 1 && isOfType(list[0], 'object') ? list[0] : undefined
}

/** Parses an object or a list that was written as a text, in any spelling with only one reading. */
function parsed(type: 'object' | 'array', text: unknown, numbers: WrittenNumbers): unknown {
  if (typeof text !== 'string' || !/^\s*(?:\{[\s\S]*\}|\[[\s\S]*\])\s*$/.test(text)) return undefined
  const normalized = normalizeJson(text, { canComplete: false })
  const value = normalized.kind === 'json' ? numbers.parse(normalized.json) : undefined
  return isOfType(value, type) ? value : undefined
}

/** Returns a list of the one value. Undefined for a text that may be a list itself, or a word for "nothing". */
function listOf(value: unknown): unknown {
  if (value === null || value === undefined || Array.isArray(value)) return undefined
  const isOpen = typeof value === 'string' && (/^$|[\s,;|、，；،]|^[[{(<"']/.test(value) || NOTHING.test(value))
  return isOpen ? undefined : [value]
}

const NOTHING = /^(?:null|none|nil|undefined|n\/a)$/i

/** Returns the one choice that is spelled like the value, else the one that differs only in upper case and spaces. */
export function choiceFor(choices: readonly unknown[], value: unknown): unknown {
  if (typeof value === 'object') return undefined
  const simple = choices.filter((choice) => typeof choice !== 'object')
  const same = simple.filter((choice) => String(choice) === String(value).trim())
  const alike = same.length > 0 ? same : simple.filter((choice) => bare(choice) === bare(value))
  return alike.length === 1 ? alike[0] : undefined
}

function bare(value: unknown): string {
  return (
    String(value)
      .trim()
      .toLowerCase()
      // Some servers leave the quotes of JSON in the value.
      .replace(/^(["'])(.*)\1$/, '$2')
      // Only within words: before or after one they may be a sign, as in a descending order `-price`.
      .replace(/(?<=[^\s_-])[\s_-]+(?=[^\s_-])/g, '_')
  )
}

/** Removes the space around a text. */
export function trimmed(value: unknown): unknown {
  return typeof value === 'string' ? value.trim() : undefined
}

/** Returns the value in the format that the schema requires. Undefined if that is ambiguous. */
export function formatted(format: unknown, value: unknown): unknown {
  return format === 'date' && typeof value === 'string' ? isoDate(value) : trimmed(value)
}

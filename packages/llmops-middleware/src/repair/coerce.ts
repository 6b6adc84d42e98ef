import { checkPlain } from './check-plain.ts'
import { isExact, WrittenNumbers } from './exact-numbers.ts'
import type { JsonSchema } from './schema.ts'

/**
 * Brings a value nearer to its schema where only one thing can have been meant: `"12"` for a number, `usd` for the
 * choice `USD`, one value for a list of one. Where two could be meant (`03/04/2026`) it leaves it alone. The result is
 * validated again, so that a value is never made valid by this alone.
 */
export function coerce(
  schema: JsonSchema,
  value: unknown,
  /** How the numbers in it were written. */
  numbers = new WrittenNumbers(),
  /** How it was written, if it is a number. */
  digits: string | undefined = undefined,
): unknown {
  const choices = schema['enum']
  if (Array.isArray(choices)) return coerceChoice(choices, value, digits)
  switch (typeOf(schema)) {
    case 'object':
      return coerceObject(schema, value, numbers)
    case 'array':
      return coerceArray(schema, value, numbers)
    case 'number':
    case 'integer':
      return coerceNumber(value)
    case 'boolean':
      return coerceBoolean(value)
    case 'string':
      return coerceString(schema, digits ?? value)
    default:
      return value
  }
}

function typeOf({ type }: JsonSchema): unknown {
  if (!Array.isArray(type)) return type
  const real = type.filter((name) => name !== 'null')
  return real.length === 1 ? real[0] : undefined
}

function coerceObject(schema: JsonSchema, value: unknown, numbers: WrittenNumbers): unknown {
  const object = typeof value === 'string' ? parseText(value, numbers) : value
  if (!isObject(object)) return object
  // What must not be there is not copied, so that it is found where it stands. The rest was looked through before.
  if (object !== value && checkPlain(object)) return object
  const properties = (schema['properties'] ?? {}) as Record<string, JsonSchema>
  const required = (schema['required'] ?? []) as readonly string[]
  const coerced: [string, unknown][] = []
  for (const [name, item] of Object.entries(object)) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (!property) {
      if (schema['additionalProperties'] !== false) coerced.push([name, item])
    } else if (item !== null || required.includes(name) || allowsNull(property)) {
      // `null` for a field that may be left out means that it is left out.
      coerced.push([name, coerce(property, item, numbers, numbers.digitsOf(object, name))])
    }
  }
  return Object.fromEntries(coerced)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function coerceArray(schema: JsonSchema, value: unknown, numbers: WrittenNumbers): unknown {
  const items = schema['items'] as JsonSchema | undefined
  const isListText = typeof value === 'string' && value.trimStart().startsWith('[')
  const parsed = isListText ? parseText(value, numbers) : value
  // A text that begins like a list and is none was cut or broken: it is not the only member of a list.
  if (isListText && parsed === value) return value
  const list = Array.isArray(parsed) ? parsed : parsed === null || parsed === undefined ? parsed : [parsed]
  return Array.isArray(list) && items && typeof items === 'object'
    ? list.map((item, index) => coerce(items, item, numbers, numbers.digitsOf(list, index)))
    : list
}

function coerceNumber(value: unknown): unknown {
  // No thousands separators: 1,234 is 1234 to some and 1.234 to others.
  const isNumber = typeof value === 'string' && /^\s*[+-]?\d+(\.\d+)?([eE][+-]?\d+)?\s*$/.test(value)
  return isNumber && isExact(value) ? Number(value) : value
}

function coerceBoolean(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const word = value.trim().toLowerCase()
  return word === 'true' ? true : word === 'false' ? false : value
}

function coerceString(schema: JsonSchema, value: unknown): unknown {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
  if (typeof text !== 'string') return value
  const pattern = schema['pattern']
  const fits = (candidate: string) => typeof pattern !== 'string' || new RegExp(pattern, 'u').test(candidate)
  const isDate = schema['format'] === 'date' || (typeof pattern === 'string' && fits('2026-11-20') && !fits('2026'))
  if (isDate) return isoDate(text) ?? text
  if (fits(text)) return text
  return [text.trim(), text.trim().toUpperCase(), text.trim().toLowerCase()].find(fits) ?? text
}

/** A date in another spelling, where day and month cannot be mistaken for each other. */
function isoDate(text: string): string | undefined {
  const yearFirst = /^\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:T.*)?\s*$/.exec(text)
  if (yearFirst) return iso(yearFirst[1]!, yearFirst[2]!, yearFirst[3]!)
  const dotted = /^\s*(\d{1,2})\.(\d{1,2})\.(\d{4})\s*$/.exec(text)
  if (dotted) return iso(dotted[3]!, dotted[2]!, dotted[1]!)
  const slashed = /^\s*(\d{1,2})[-/](\d{1,2})[-/](\d{4})\s*$/.exec(text)
  if (!slashed) return monthByName(text)
  const [first, second] = [slashed[1]!, slashed[2]!]
  if (first === second || (Number(first) > 12 && Number(second) <= 12)) return iso(slashed[3]!, second, first)
  return Number(second) > 12 && Number(first) <= 12 ? iso(slashed[3]!, first, second) : undefined
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

function monthByName(text: string): string | undefined {
  const dayFirst = /^\s*(\d{1,2})(?:st|nd|rd|th)?\s+([a-z]{3,9})\.?,?\s+(\d{4})\s*$/i.exec(text)
  const monthFirst = /^\s*([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\s*$/i.exec(text)
  const [day, name, year] = dayFirst
    ? dayFirst.slice(1)
    : monthFirst
      ? [monthFirst[2], monthFirst[1], monthFirst[3]]
      : []
  const month = MONTHS.indexOf(name?.slice(0, 3).toLowerCase() ?? '')
  return month < 0 ? undefined : iso(year!, String(month + 1), day!)
}

/** Undefined for a day that does not exist. */
function iso(year: string, month: string, day: string): string | undefined {
  const text = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) ? text : undefined
}

function coerceChoice(choices: readonly unknown[], value: unknown, digits: string | undefined): unknown {
  if (choices.includes(value)) return value
  if (choices.includes(digits)) return digits
  const wanted = normal(value)
  const meant = choices.filter((choice) => normal(choice) === wanted)
  return meant.length === 1 ? meant[0] : value
}

function normal(value: unknown): string {
  return String(value)
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '_')
}

function allowsNull({ type, enum: choices }: JsonSchema): boolean {
  return (
    type === 'null' ||
    (Array.isArray(type) && type.includes('null')) ||
    (Array.isArray(choices) && choices.includes(null))
  )
}

function parseText(text: string, numbers: WrittenNumbers): unknown {
  try {
    return numbers.parse(text)
  } catch {
    return text
  }
}

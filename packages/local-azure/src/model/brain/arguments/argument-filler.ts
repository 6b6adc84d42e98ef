import type { JsonSchema } from '../conversation.ts'
import { identifierInText } from './identifier.ts'
import { resolveSchema } from './resolve-schema.ts'
import { choiceFor } from './spoken-values.ts'

/** For each format, how it looks in a text, and a value for when the text has none. */
const FORMATS: Readonly<Record<string, { readonly pattern: RegExp; readonly invented: string }>> = {
  'date-time': { pattern: /\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})/, invented: '2026-01-01T00:00:00Z' },
  time: { pattern: /\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})/, invented: '00:00:00Z' },
  email: { pattern: /[\w.+-]+@[\w-]+(\.[\w-]+)+/, invented: 'someone@example.com' },
  uri: { pattern: /https?:\/\/[^\s"<>]+/, invented: 'https://example.com/' },
  uuid: {
    pattern: /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/i,
    invented: '00000000-0000-4000-8000-000000000000',
  },
}
const ISO_DATE = /\d{4}-\d{2}-\d{2}/
const MAX_DEPTH = 8
const MAX_TEXT = 300

/** Fills a schema with values from a text. Values that the text does not have are left out unless they are required. */
export class ArgumentFiller {
  readonly #text: string
  readonly #isStrict: boolean
  #root: JsonSchema = {}
  /** Parts of the text already used, so that "from USD to EUR" fills two properties that have the same choices. */
  #used: { start: number; end: number }[] = []

  /** @param isStrict Whether to skip values of the text that the schema forbids. */
  constructor(text: string, { isStrict = false } = {}) {
    this.#text = text
    this.#isStrict = isStrict
  }

  fill(schema: JsonSchema): Record<string, unknown> {
    this.#root = schema
    return this.#object(resolveSchema(schema, schema).schema, 0)
  }

  #object({ properties = {}, required = [] }: JsonSchema, depth: number): Record<string, unknown> {
    const filled: Record<string, unknown> = {}
    for (const [name, property] of Object.entries(properties)) {
      const isRequired = required.includes(name)
      if (!isRequired && depth >= MAX_DEPTH) continue
      const value = this.#value(property, isRequired, depth + 1)
      if (value !== undefined) filled[name] = value
    }
    return filled
  }

  #value(unresolved: JsonSchema, isRequired: boolean, depth: number): unknown {
    const { schema, isNullable } = resolveSchema(unresolved, this.#root)
    if (schema.const !== undefined) return schema.const
    // A nullable value is not made up. Strict schemas require every property, and make the optional ones nullable.
    if (isNullable) return this.#optional(schema, depth) ?? (isRequired ? null : undefined)
    if (schema.enum) return this.#choose(schema.enum, isRequired)
    switch (schema.type ?? (schema.properties ? 'object' : 'string')) {
      case 'object':
        return this.#object(schema, depth)
      case 'array':
        return this.#array(schema, isRequired, depth)
      case 'number':
      case 'integer':
        return this.#number(schema, isRequired)
      case 'boolean':
        return isRequired ? (schema.default ?? true) : undefined
      case 'null':
        return null
      default:
        return this.#string(schema, isRequired)
    }
  }

  /** Nested objects are left out, so that a schema that refers to itself ends. */
  #optional(schema: JsonSchema, depth: number): unknown {
    return schema.properties && depth > 1 ? undefined : this.#value(schema, false, depth)
  }

  /** For enums all choices that the text names; for anything else one value, or `minItems`. */
  #array({ items, minItems = 0 }: JsonSchema, isRequired: boolean, depth: number): unknown {
    if (!isRequired) return undefined
    if (!items || depth >= MAX_DEPTH) return []
    const { schema } = resolveSchema(items, this.#root)
    const values: unknown[] = []
    const optional = () => (schema.enum ? this.#choose(schema.enum, false) : undefined)
    for (let value = optional(); value !== undefined; value = optional()) values.push(value)
    while (values.length < Math.max(1, minItems)) values.push(this.#value(items, true, depth + 1))
    return values
  }

  #choose(choices: readonly unknown[], isRequired: boolean): unknown {
    for (const { 0: word, index } of this.#text.matchAll(/[\p{L}\p{N}_-]+|[$€£]/gu)) {
      const choice = choiceFor(choices, word)
      if (choice !== undefined && this.#use(index, word.length)) return choice
    }
    return isRequired ? (choices.includes('normal') ? 'normal' : choices[0]) : undefined
  }

  #number({ type, minimum, exclusiveMinimum, maximum }: JsonSchema, isRequired: boolean): number | undefined {
    const least = minimum ?? (exclusiveMinimum === undefined ? undefined : Math.floor(exclusiveMinimum) + 1)
    // Skips digits inside an identifier (ORD-1001) or a date (2026-11-20).
    for (const { 0: digits, index } of this.#text.matchAll(/(?<![\p{L}\p{N}-])\d+(?:[.,]\d+)*(?![\p{L}\p{N}-])/gu)) {
      const value = Number(digits.replace(/,(?=\d{3}\b)/g, '').replace(',', '.'))
      if (Number.isNaN(value) || (type === 'integer' && !Number.isInteger(value))) continue
      if (this.#isStrict && (value < (least ?? value) || value > (maximum ?? value))) continue
      if (this.#use(index, digits.length)) return value
    }
    return isRequired ? Math.min(Math.max(1, least ?? 1), maximum ?? Number.POSITIVE_INFINITY) : undefined
  }

  #string(schema: JsonSchema, isRequired: boolean): string | undefined {
    const known = schema.format === undefined ? undefined : FORMATS[schema.format]
    const sought = identifierInText(schema) ?? known?.pattern ?? (schema.format === 'date' ? ISO_DATE : undefined)
    if (sought) {
      const match = sought.exec(this.#text)
      if (match) this.#use(match.index, match[0].length)
      return match?.[0] ?? (isRequired ? String(schema.default ?? known?.invented ?? '') : undefined)
    }
    if (!isRequired) return undefined
    const quoted = /"([^"]+)"/.exec(this.#text)?.[1]
    const text = (quoted ?? this.#text).trim().slice(0, schema.maxLength ?? MAX_TEXT)
    return text.padEnd(schema.minLength ?? 0, '.')
  }

  /** Marks a part of the text as used. Returns false if it was already used. */
  #use(start: number, length: number): boolean {
    const end = start + length
    if (this.#used.some((place) => start < place.end && end > place.start)) return false
    this.#used.push({ start, end })
    return true
  }
}

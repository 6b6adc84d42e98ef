import type { JsonSchema } from './conversation.ts'

/** Words for values that people write and enums do not. */
const SPOKEN: Readonly<Record<string, string>> = {
  euro: 'EUR',
  euros: 'EUR',
  '€': 'EUR',
  dollar: 'USD',
  dollars: 'USD',
  $: 'USD',
  pound: 'GBP',
  pounds: 'GBP',
  '£': 'GBP',
  yen: 'JPY',
  franc: 'CHF',
  francs: 'CHF',
  urgent: 'high',
}

/** Fills a schema from what a text says; what it does not say is left out unless it is required. */
export class ArgumentFiller {
  readonly #text: string
  /** Places already used, so that "from USD to EUR" fills two properties with the same choices. */
  #used: { start: number; end: number }[] = []

  constructor(text: string) {
    this.#text = text
  }

  fill(schema: JsonSchema): Record<string, unknown> {
    const required = new Set(schema.required ?? [])
    const filled: Record<string, unknown> = {}
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      const value = this.#valueOf(name, property, required.has(name))
      if (value !== undefined) filled[name] = value
    }
    return filled
  }

  #valueOf(name: string, schema: JsonSchema, isRequired: boolean): unknown {
    if (schema.const !== undefined) return schema.const
    if (schema.anyOf?.[0]) return this.#valueOf(name, schema.anyOf[0], isRequired)
    if (schema.enum) return this.#choose(schema.enum, isRequired)
    const type = typeof schema.type === 'string' ? schema.type : schema.type?.[0]
    switch (type) {
      case 'object':
        return this.fill(schema)
      case 'array':
        return schema.items && isRequired ? [this.#valueOf(name, schema.items, true)] : isRequired ? [] : undefined
      case 'number':
      case 'integer':
        return this.#number(isRequired, schema.minimum)
      case 'boolean':
        return isRequired ? true : undefined
      default:
        return this.#string(schema, isRequired)
    }
  }

  #choose(choices: readonly unknown[], isRequired: boolean): unknown {
    const found = [...this.#text.matchAll(/[\p{L}\p{N}_-]+|[$€£]/gu)].find((match) => {
      const end = match.index + match[0].length
      return !this.#isUsed(match.index, end) && this.#choiceFor(choices, match[0]) !== undefined
    })
    if (!found) return isRequired ? (choices.includes('normal') ? 'normal' : choices[0]) : undefined
    this.#use(found.index, found.index + found[0].length)
    return this.#choiceFor(choices, found[0])
  }

  #choiceFor(choices: readonly unknown[], word: string): unknown {
    const spoken = SPOKEN[word.toLowerCase()] ?? word
    return choices.find((choice) => String(choice).toLowerCase() === spoken.toLowerCase())
  }

  #number(isRequired: boolean, minimum: number | undefined): number | undefined {
    // Not inside an identifier (ORD-1001) or a date (2026-11-20).
    for (const match of this.#text.matchAll(/(?<![\p{L}\p{N}-])\d+(?:[.,]\d+)*(?![\p{L}\p{N}-])/gu)) {
      if (this.#isUsed(match.index, match.index + match[0].length)) continue
      this.#use(match.index, match.index + match[0].length)
      return Number(match[0].replace(/,(?=\d{3}\b)/g, '').replace(',', '.'))
    }
    return isRequired ? Math.max(1, minimum ?? 1) : undefined
  }

  #string(schema: JsonSchema, isRequired: boolean): string | undefined {
    const pattern = schema.pattern ?? (schema.format === 'date' ? '\\d{4}-\\d{2}-\\d{2}' : undefined)
    if (pattern) {
      const match = new RegExp(pattern.replace(/^\^|\$$/g, ''), 'u').exec(this.#text)
      if (match) this.#use(match.index, match.index + match[0].length)
      return match?.[0] ?? (isRequired ? '' : undefined)
    }
    if (schema.format === 'email') return /\S+@\S+\.\w+/.exec(this.#text)?.[0] ?? (isRequired ? '' : undefined)
    if (!isRequired) return undefined
    const quoted = /"([^"]+)"/.exec(this.#text)?.[1]
    return (quoted ?? this.#text).trim().slice(0, schema.maxLength ?? 300)
  }

  #use(start: number, end: number): void {
    this.#used.push({ start, end })
  }

  #isUsed(start: number, end: number): boolean {
    return this.#used.some((place) => start < place.end && end > place.start)
  }
}

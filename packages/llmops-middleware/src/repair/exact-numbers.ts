import { copyPlain } from './copy-plain.ts'
import { valueAt } from './pointer.ts'
import type { SchemaIssue } from './schema.ts'

/** Only such text can hold a number that loses its meaning: many digits, or an exponent of three. */
const MAY_LOSE_DIGITS = /\d{16}|[eE][+-]?\d{3}/

/** What `JSON.parse` tells its reviver beside the value; TypeScript does not know it yet. */
type Context = { readonly source?: string }

/**
 * As `JSON.parse`, but a number that JavaScript cannot hold (an integer beyond 2^53, or one above 1.8e308) is its digits
 * as text: a field that takes text then gets them whole, and one that takes a number refuses them.
 *
 * @throws SyntaxError when it is not JSON.
 */
export function parseExact(json: string): unknown {
  if (!MAY_LOSE_DIGITS.test(json)) return JSON.parse(json)
  return JSON.parse(json, (_key: string, value: unknown, { source }: Context = {}) => exact(value, source))
}

function exact(value: unknown, source: string | undefined): unknown {
  return typeof value === 'number' && source !== undefined && !isExact(source) ? source : value
}

/** Whether a JavaScript number is what these digits say. An exponent or a fraction says that some rounding is meant. */
export function isExact(digits: string): boolean {
  const value = Number(digits)
  return Number.isFinite(value) && (Number.isSafeInteger(value) || !/^\s*[+-]?\d+(?:\.0*)?\s*$/.test(digits))
}

/** Remembers how numbers were written, since a text field that got 3.10 or 1.0 for its text is to have these digits. */
export class WrittenNumbers {
  readonly #byHolder = new Map<object, Map<string, string>>()

  /** As `parseExact`. */
  parse(json: string): unknown {
    const remember = this.#remember.bind(this)
    return JSON.parse(json, function (this: object, key: string, value: unknown, { source }: Context = {}) {
      if (typeof value === 'number' && source !== undefined && source !== String(value)) remember(this, key, source)
      return exact(value, source)
    })
  }

  /** The digits of a number that stands in an object or a list; undefined when they are as JavaScript writes it. */
  digitsOf(holder: object, key: string | number): string | undefined {
    return this.#byHolder.get(holder)?.get(String(key))
  }

  /** A copy whose numbers are remembered as those of the original. */
  copyOf(value: unknown): unknown {
    return copyPlain(value, (original, copy) => {
      const known = this.#byHolder.get(original)
      if (known) this.#byHolder.set(copy, known)
    })
  }

  #remember(holder: object, key: string, digits: string): void {
    const known = this.#byHolder.get(holder) ?? new Map<string, string>()
    this.#byHolder.set(holder, known.set(key, digits))
  }
}

const LOST = 'is beyond 2^53, where a number of JavaScript loses digits'

/** What is wrong with a number that was parsed elsewhere and may have lost digits there. */
export function lostDigits(value: number): string | undefined {
  return isExact(String(value)) ? undefined : `${LOST}: pass it as text`
}

/** Says of each issue with a number that was kept as text why it is none: "must be integer" would be asked for again. */
export function explainLostDigits(value: unknown, issues: readonly SchemaIssue[]): readonly SchemaIssue[] {
  return issues.map((issue) => {
    const found = valueAt(value, issue.path)
    const isLost = typeof found === 'string' && /^\s*[+-]?\d+(?:\.0*)?\s*$/.test(found) && !isExact(found)
    return isLost ? { ...issue, message: `${issue.message}; ${found} ${LOST}: declare the field as a string` } : issue
  })
}

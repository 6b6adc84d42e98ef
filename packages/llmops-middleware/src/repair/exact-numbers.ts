import { copyPlain } from './copy-plain.ts'
import { valueAt } from './pointer.ts'
import type { SchemaIssue } from './schema.ts'

/** Only such a text can contain a number that loses digits: 16 digits, or an exponent of three digits. */
const MAY_LOSE_DIGITS = /[\d.]{16}|[eE][+-]?\d{3}/
/** With so many significant digits every JavaScript number can be written. */
const MOST_DIGITS = 17
const INTEGER = /^\s*[+-]?\d+(?:\.0*)?\s*$/
const NUMBER = /^\s*[+-]?(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?\s*$/

/** The third argument of the reviver of `JSON.parse`, which TypeScript does not know yet. */
type Context = { readonly source?: string }

/**
 * Like `JSON.parse`, but a number that JavaScript cannot represent (an integer beyond 2^53, more digits than it keeps,
 * above 1.8e308) becomes a text of its digits. A text field then gets all digits, and a number field refuses them.
 *
 * @throws SyntaxError if it is not JSON.
 */
export function parseExact(json: string): unknown {
  if (!MAY_LOSE_DIGITS.test(json)) return JSON.parse(json)
  return JSON.parse(json, (_key: string, value: unknown, { source }: Context = {}) => exact(value, source))
}

function exact(value: unknown, source: string | undefined): unknown {
  return typeof value === 'number' && source !== undefined && !isExact(source) ? source : value
}

/**
 * Whether a JavaScript number keeps these digits: it is written with the same ones, be it in its shortest form or with
 * as many digits.
 */
export function isExact(digits: string): boolean {
  const value = Number(digits)
  if (Number.isSafeInteger(value) && INTEGER.test(digits)) return true
  if (!Number.isFinite(value) || INTEGER.test(digits)) return false
  const written = decimalOf(digits)
  const shortest = decimalOf(String(value))
  if (written.exponent === shortest.exponent && written.significant === shortest.significant) return true
  const count = written.significant.length
  if (count === 0 || count > MOST_DIGITS) return false
  const rounded = decimalOf(value.toPrecision(count))
  return written.exponent === rounded.exponent && written.significant === rounded.significant
}

type Decimal = { readonly significant: string; readonly exponent: number }

/** Returns the digits without zeros at both ends, and the power of ten of the last one. Without a sign. */
function decimalOf(text: string): Decimal {
  const [, whole = '', fraction = '', power = '0'] = NUMBER.exec(text) ?? []
  const all = whole + fraction
  let start = 0
  while (all[start] === '0') start++
  // Not with a regular expression, which would take the square of the time for many zeros.
  let end = all.length
  while (end > start && all[end - 1] === '0') end--
  if (start === end) return { significant: '', exponent: 0 }
  return { significant: all.slice(start, end), exponent: Number(power) - fraction.length + all.length - end }
}

/** Stores how numbers were written, because a text field that got the number 3.10 or 1.0 must have these digits. */
export class WrittenNumbers {
  readonly #byHolder = new Map<object, Map<string, string>>()

  /** Like `parseExact`, and stores the digits. */
  parse(json: string): unknown {
    const remember = this.#remember.bind(this)
    return JSON.parse(json, function (this: object, key: string, value: unknown, { source }: Context = {}) {
      if (typeof value === 'number' && source !== undefined && source !== String(value)) remember(this, key, source)
      return exact(value, source)
    })
  }

  /** Returns the digits of a number in an object or a list. Undefined if JavaScript writes it in the same way. */
  digitsOf(holder: object, key: string | number): string | undefined {
    return this.#byHolder.get(holder)?.get(String(key))
  }

  /** Returns a copy, and stores the digits of its numbers too. */
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

const LOST = 'is beyond 2^53, where JavaScript numbers lose digits'
const NOT_KEPT = 'has digits that a JavaScript number does not keep: write at most 15 digits, or'

/** Returns what is wrong with a number that the caller parsed and that may have lost digits. */
export function lostDigits(value: number): string | undefined {
  return isExact(String(value)) ? undefined : `${LOST}: pass it as text`
}

/**
 * Explains each issue with a number that is a text because it would lose digits. With "must be integer" alone, the
 * model would write the same again.
 */
export function explainLostDigits(value: unknown, issues: readonly SchemaIssue[]): readonly SchemaIssue[] {
  return issues.map((issue) => {
    const found = valueAt(value, issue.path)
    if (typeof found !== 'string' || !NUMBER.test(found) || isExact(found)) return issue
    const reason = INTEGER.test(found) ? `${LOST}:` : NOT_KEPT
    return { ...issue, message: `${issue.message}; ${found} ${reason} declare the field as a string` }
  })
}

import type { Bytes } from './bytes.ts'

const LETTERS = /^[\w+/-]*={0,2}$/

/** Bytes of a base64 text, of which only those are decoded that are asked for. */
export class Base64Bytes implements Bytes {
  readonly #text: string
  readonly #start: number

  /** @param start where the base64 begins: after the `base64,` of a data URL */
  constructor(text: string, start = 0) {
    this.#text = text
    this.#start = start
  }

  /** How many there are; padding and line breaks count as some. */
  get length(): number {
    return Math.ceil(((this.#text.length - this.#start) * 3) / 4)
  }

  /** Undefined where there are none, or what stands there is not base64 alone: with line breaks nobody knows where it is. */
  read(offset: number, length: number): Buffer | undefined {
    const skipped = offset % 3
    const from = this.#start + ((offset - skipped) / 3) * 4
    const letters = this.#text.slice(from, from + Math.ceil((skipped + length) / 3) * 4)
    if (!LETTERS.test(letters)) return undefined
    const bytes = Buffer.from(letters, 'base64').subarray(skipped, skipped + length)
    return bytes.length === length ? bytes : undefined
  }

  /** All of them. */
  readAll(): Buffer {
    return Buffer.from(this.#text.slice(this.#start), 'base64')
  }
}

/** Where the base64 of a data URL begins; 0 for bare base64, undefined for another URL. */
export function base64Start(value: string): number | undefined {
  if (!value.startsWith('data:')) return /^[a-z]+:\/\//i.test(value.slice(0, 12)) ? undefined : 0
  // A type of media is short; a search through megabytes would find nothing more.
  const comma = value.slice(0, 200).indexOf(',')
  return comma < 0 || !value.slice(0, comma).endsWith(';base64') ? undefined : comma + 1
}

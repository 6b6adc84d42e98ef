import type { Bytes } from './bytes.ts'

const LETTERS = /^[\w+/-]*={0,2}$/

/** Bytes of a base64 text. Decodes only those that are read. */
export class Base64Bytes implements Bytes {
  readonly #text: string
  readonly #start: number

  /** @param start the index of the base64: after the `base64,` of a data URL */
  constructor(text: string, start = 0) {
    this.#text = text
    this.#start = start
  }

  /** The number of bytes. Padding and line breaks count too, so it can be too high. */
  get length(): number {
    return Math.ceil(((this.#text.length - this.#start) * 3) / 4)
  }

  /** Returns undefined past the end, and where the text is not only base64: line breaks would shift the positions. */
  read(offset: number, length: number): Buffer | undefined {
    const skipped = offset % 3
    const from = this.#start + ((offset - skipped) / 3) * 4
    const letters = this.#text.slice(from, from + Math.ceil((skipped + length) / 3) * 4)
    if (!LETTERS.test(letters)) return undefined
    const bytes = Buffer.from(letters, 'base64').subarray(skipped, skipped + length)
    return bytes.length === length ? bytes : undefined
  }

  readAll(): Buffer {
    return Buffer.from(this.#text.slice(this.#start), 'base64')
  }
}

/** Returns the index of the base64 in a data URL; 0 for bare base64, undefined for another URL. */
export function base64Start(value: string): number | undefined {
  if (!value.startsWith('data:')) return /^[a-z]+:\/\//i.test(value.slice(0, 12)) ? undefined : 0
  // A media type is short, so there is no need to search megabytes.
  const comma = value.slice(0, 200).indexOf(',')
  return comma < 0 || !value.slice(0, comma).endsWith(';base64') ? undefined : comma + 1
}

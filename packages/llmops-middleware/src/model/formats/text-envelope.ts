/** Random padding that OpenAI puts at the end of an event, so that its size does not tell its text. */
const PADDING = '"obfuscation":"'

/**
 * What is the same around every piece of one text. Events that differ in the text alone need not be parsed, which would
 * cost more than everything else that is done to them.
 */
export class TextEnvelope {
  readonly #prefix: string
  readonly #suffix: string
  readonly #isPadded: boolean

  private constructor(prefix: string, suffix: string, isPadded: boolean) {
    this.#prefix = prefix
    this.#suffix = suffix
    this.#isPadded = isPadded
  }

  /** The envelope of an event whose only text is `text`, under `key`; undefined when the text holds escapes. */
  static of(data: string, key: string, text: string): TextEnvelope | undefined {
    const field = `"${key}":"${text}"`
    const at = data.indexOf(field)
    if (at < 0 || data.indexOf(field, at + 1) >= 0) return undefined
    const end = at + field.length - 1
    const padding = data.indexOf(PADDING, end)
    const isPadded = padding >= 0
    const suffix = data.slice(end, isPadded ? padding + PADDING.length : undefined)
    return new TextEnvelope(data.slice(0, end - text.length), suffix, isPadded)
  }

  /** Where the text begins in every event that fits. */
  get start(): number {
    return this.#prefix.length
  }

  /** Where the text of an event ends; -1 when it does not fit, or its text has to be read with its escapes. */
  endOf(data: string): number {
    const { length } = this.#prefix
    const end = data.indexOf('"', length)
    // Slices compare as memory, `startsWith` letter by letter.
    if (end < 0 || data.slice(0, length) !== this.#prefix) return -1
    const suffixEnd = end + this.#suffix.length
    if (data.slice(end, suffixEnd) !== this.#suffix) return -1
    const isWhole = this.#isPadded ? isPadding(data, suffixEnd) : suffixEnd === data.length
    return isWhole && data.indexOf('\\', length) < 0 && !hasControls(data, length, end) ? end : -1
  }
}

/** Whether nothing but a padding stands from here to the end of the event. */
function isPadding(data: string, start: number): boolean {
  const end = data.length - 2
  return data.indexOf('"', start) === end && data.endsWith('}') && !hasControls(data, start, end)
}

/** JSON has no such characters in its texts: what holds one is malformed. */
function hasControls(data: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (data.charCodeAt(at) < 32) return true
  return false
}

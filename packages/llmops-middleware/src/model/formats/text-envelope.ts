/** Random padding at the end of OpenAI's events, which hides the length of their text. */
const PADDING = '"obfuscation":"'

/**
 * The part of an event around its text, which is the same for all events of one text. Events that differ only in their
 * text need not be parsed, which would cost more than everything else that happens to them.
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

  /** Returns the envelope of an event whose only text is `text`, in the field `key`; undefined if the text has escapes. */
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

  /** The index of the text in every matching event. */
  get start(): number {
    return this.#prefix.length
  }

  /** Returns the index where the text ends; -1 if the event does not match, or its text has escapes. */
  endOf(data: string): number {
    const { length } = this.#prefix
    const end = data.indexOf('"', length)
    // Comparing slices is faster than `startsWith`.
    if (end < 0 || data.slice(0, length) !== this.#prefix) return -1
    const suffixEnd = end + this.#suffix.length
    if (data.slice(end, suffixEnd) !== this.#suffix) return -1
    const isWhole = this.#isPadded ? isPadding(data, suffixEnd) : suffixEnd === data.length
    return isWhole && data.indexOf('\\', length) < 0 && !hasControls(data, length, end) ? end : -1
  }

  /**
   * Returns the same envelope for the bytes of events that arrive like this one; undefined if that is more than one line of
   * data.
   *
   * @param end the index where the text ends in `data`
   */
  inBytes(raw: string, data: string, end: number): EnvelopeBytes | undefined {
    if (raw.length !== FIELD.length + data.length + BLANK_LINE.length) return undefined
    if (!raw.startsWith(FIELD) || !raw.endsWith(BLANK_LINE)) return undefined
    const event = encoder.encode(raw)
    // Text that is not ASCII is longer in bytes.
    if (event.length !== raw.length) return undefined
    const textEnd = FIELD.length + end
    const paddingStart = this.#isPadded ? textEnd + this.#suffix.length : event.length
    return new EnvelopeBytes(event, FIELD.length + this.start, textEnd, paddingStart)
  }
}

const FIELD = 'data: '
const BLANK_LINE = '\n\n'

const encoder = new TextEncoder()

/** The envelope in bytes, for pieces of a stream that are one event each. Most pieces then need not even be decoded. */
export class EnvelopeBytes {
  /** A matching event. */
  readonly #event: Uint8Array
  /** The index of the text in every matching piece. */
  readonly start: number
  readonly #textEnd: number
  readonly #paddingStart: number
  readonly #paddingEnd: number

  constructor(event: Uint8Array, start: number, textEnd: number, paddingStart: number) {
    this.#event = event
    this.start = start
    this.#textEnd = textEnd
    this.#paddingStart = paddingStart
    this.#paddingEnd = paddingStart === event.length ? paddingStart : event.indexOf(QUOTE, paddingStart)
  }

  /** Returns the index where the text of a matching piece ends; -1 if it does not match, or its text is not ASCII. */
  endOf(piece: Uint8Array): number {
    const { start } = this
    if (!this.#holds(piece, 0, 0, start)) return -1
    const end = endOfText(piece, start)
    if (end < 0 || !this.#holds(piece, end, this.#textEnd, this.#paddingStart)) return -1
    const suffixEnd = end + this.#paddingStart - this.#textEnd
    const isPadded = this.#paddingStart < this.#event.length
    const tailStart = isPadded ? endOfText(piece, suffixEnd) : suffixEnd
    const tailLength = this.#event.length - this.#paddingEnd
    if (tailStart < 0 || tailStart + tailLength !== piece.length) return -1
    return this.#holds(piece, tailStart, this.#paddingEnd, this.#event.length) ? end : -1
  }

  /** Whether a piece has at `at` the same bytes as the event from `from` to `to`. */
  #holds(piece: Uint8Array, at: number, from: number, to: number): boolean {
    const event = this.#event
    const shift = at - from
    if (to + shift > piece.length) return false
    for (let each = from; each < to; each++) if (piece[each + shift] !== event[each]) return false
    return true
  }
}

const QUOTE = 34
const BACKSLASH = 92

/** Returns the index of the quote that ends a text; -1 if the text has escapes, is not ASCII, or does not end. */
function endOfText(piece: Uint8Array, start: number): number {
  for (let at = start; at < piece.length; at++) {
    const code = piece[at]!
    if (code === QUOTE) return at
    if (code < 32 || code > 126 || code === BACKSLASH) return -1
  }
  return -1
}

/** Whether only padding follows until the end of the event. */
function isPadding(data: string, start: number): boolean {
  const end = data.length - 2
  return data.indexOf('"', start) === end && data.endsWith('}') && !hasControls(data, start, end)
}

/** Whether a text has control characters, which are not valid in JSON. */
function hasControls(data: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (data.charCodeAt(at) < 32) return true
  return false
}

/** One event of a `text/event-stream`, or the comments and blank lines between two events. */
export type ServerSentEvent = {
  readonly event: string | undefined
  /** Undefined without a `data` field: by the standard this is not an event, but it may keep a connection alive. */
  readonly data: string | undefined
  /** The original text, including the closing blank line. */
  readonly raw: string
}

/**
 * Splits network chunks into events (html.spec.whatwg.org/multipage/server-sent-events.html). A chunk can contain several
 * events, a part of one, or half a character.
 */
export class EventStreamParser {
  readonly #maxEventLength: number
  readonly #decoder = new ChunkDecoder()
  #rest = ''
  /** The last characters of the rest, because the blank line that ends the event may start in them. */
  #seam = ''

  /** @param maxEventLength in characters; a longer event is treated as one that does not end. @default no limit */
  constructor(maxEventLength = Number.POSITIVE_INFINITY) {
    this.#maxEventLength = maxEventLength
  }

  /** Whether an event is longer than the limit, so that the rest of the stream cannot be read. */
  get isTooLong(): boolean {
    return this.#rest.length > this.#maxEventLength
  }

  /** Whether an event has started but is not complete yet. */
  get isInsideEvent(): boolean {
    return this.#rest !== '' || this.#decoder.isInsideCharacter
  }

  push(chunk: Uint8Array): ServerSentEvent[] {
    const text = this.#decoder.decode(chunk)
    // An event of many chunks, such as an image, is searched chunk by chunk and joined once, at its end.
    if (this.#rest !== '' && !endsAnEvent(this.#seam + text)) {
      this.#rest += text
      this.#seam = (this.#seam + text).slice(-SEAM)
      return []
    }
    return this.#cut(this.#rest + text)
  }

  /** Returns the rest at the end of the stream: an event without its closing blank line, or a part of one. */
  end(): ServerSentEvent[] {
    const rest = this.#rest + this.#decoder.end()
    this.#rest = ''
    return rest === '' ? [] : [readLines(rest)]
  }

  #cut(text: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = []
    const blankLine = blankLineFor(text)
    const readEvent = blankLine === BLANK_LINE ? readFedLines : readLines
    let start = 0
    for (;;) {
      const end = blankLine(text, start)
      if (end < 0) break
      events.push(readEvent(text.slice(start, end)))
      start = end
    }
    this.#rest = text.slice(start)
    this.#seam = this.#rest.slice(-SEAM)
    return events
  }
}

/** Decodes chunks that may end in the middle of a character. */
class ChunkDecoder {
  /** Keeps the incomplete character of a chunk, and takes twice as long. */
  readonly #streaming = new TextDecoder()
  isInsideCharacter = false
  #isAtStart = true

  decode(chunk: Uint8Array): string {
    // An empty chunk does not change whether the previous one ended inside a character.
    if (chunk.length === 0) return ''
    const endsInAscii = chunk.at(-1)! < 0x80
    // The streaming decoder removes the byte order mark at the start of a text.
    const isWhole = endsInAscii && !this.isInsideCharacter && !this.#isAtStart
    if (isWhole) return WHOLE_CHARACTERS.decode(chunk)
    this.isInsideCharacter = !endsInAscii
    this.#isAtStart = false
    return this.#streaming.decode(chunk, { stream: true })
  }

  end(): string {
    return this.#streaming.decode()
  }
}

const WHOLE_CHARACTERS = new TextDecoder('utf-8', { ignoreBOM: true })

/** Returns the index after the next blank line, which ends an event; -1 if it has not arrived yet. */
type FindBlankLine = (text: string, from: number) => number

const BLANK_LINE: FindBlankLine = (text, from) => {
  const at = text.indexOf('\n\n', from)
  return at < 0 ? -1 : at + 2
}

/** Two line ends; each is a carriage return, a line feed, or both. */
const TWO_LINE_ENDS = /(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)/g

const ANY_BLANK_LINE: FindBlankLine = (text, from) => {
  TWO_LINE_ENDS.lastIndex = from
  return TWO_LINE_ENDS.test(text) ? TWO_LINE_ENDS.lastIndex : -1
}

/** Chosen once per chunk rather than for each event, because providers end their lines with a line feed only. */
function blankLineFor(text: string): FindBlankLine {
  return text.includes('\r') ? ANY_BLANK_LINE : BLANK_LINE
}

/** The length of the longest blank line minus one. */
const SEAM = 3

function endsAnEvent(text: string): boolean {
  return blankLineFor(text)(text, 0) >= 0
}

/** Reads an event whose lines end with a line feed only. */
function readFedLines(raw: string): ServerSentEvent {
  // Nearly every event is one line of data.
  const isOneLine = raw.startsWith('data: ') && raw.indexOf('\n') === raw.length - 2
  return isOneLine ? { event: undefined, data: raw.slice(6, -2), raw } : readLines(raw)
}

function readLines(raw: string): ServerSentEvent {
  const data: string[] = []
  let event: string | undefined
  for (const line of raw.split(/\r\n|\n|\r/)) {
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    if (field === 'data') data.push(valueAfter(line, colon))
    // An empty name counts as no name.
    else if (field === 'event') event = valueAfter(line, colon) || undefined
  }
  return { event, data: data.length === 0 ? undefined : data.join('\n'), raw }
}

/** Returns the value after the colon, without the one space that may follow it. */
function valueAfter(line: string, colon: number): string {
  if (colon < 0) return ''
  return line.slice(line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1)
}

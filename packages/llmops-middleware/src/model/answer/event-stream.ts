/** One event of a `text/event-stream`, or what stands between two: comments, blank lines. */
export type ServerSentEvent = {
  readonly event: string | undefined
  /** Undefined where no field of data came: by the standard that is no event, though it may keep a connection alive. */
  readonly data: string | undefined
  /** The text that it came in, its closing blank line included. */
  readonly raw: string
}

/**
 * Cuts network chunks into events (html.spec.whatwg.org/multipage/server-sent-events.html). Chunks hold several events,
 * parts of one, or half a character.
 */
export class EventStreamParser {
  readonly #maxEventLength: number
  readonly #decoder = new ChunkDecoder()
  #rest = ''
  /** The last characters of the rest: what ends it may have begun in them. */
  #seam = ''

  /** @param maxEventLength in characters; what is longer is taken for an event that does not end. Default: no limit */
  constructor(maxEventLength = Number.POSITIVE_INFINITY) {
    this.#maxEventLength = maxEventLength
  }

  /** Whether an event has begun that will not end: nothing can be made of the rest. */
  get isTooLong(): boolean {
    return this.#rest.length > this.#maxEventLength
  }

  /** Whether an event has begun that is not whole yet. */
  get isInsideEvent(): boolean {
    return this.#rest !== '' || this.#decoder.isInsideCharacter
  }

  push(chunk: Uint8Array): ServerSentEvent[] {
    const text = this.#decoder.decode(chunk)
    // An event of many chunks, a picture for one, is searched piece by piece and put together once, at its end.
    if (this.#rest !== '' && !endsAnEvent(this.#seam + text)) {
      this.#rest += text
      this.#seam = (this.#seam + text).slice(-SEAM)
      return []
    }
    return this.#cut(this.#rest + text)
  }

  /** What is left at the end of the stream: an event without its closing blank line, or the second half of one. */
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

/** The text of chunks that may end in the middle of a character. */
class ChunkDecoder {
  /** Knows what a chunk left unfinished, and is twice as slow for it. */
  readonly #streaming = new TextDecoder()
  isInsideCharacter = false
  #isAtStart = true

  decode(chunk: Uint8Array): string {
    // It ends in nothing, so it says nothing of the character that the one before may have begun.
    if (chunk.length === 0) return ''
    const endsInAscii = chunk.at(-1)! < 0x80
    // The mark that may stand at the start of a text is the streaming decoder's to remove.
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

/** The index after the next blank line, which ends an event; -1 when it has not come yet. */
type FindBlankLine = (text: string, from: number) => number

const BLANK_LINE: FindBlankLine = (text, from) => {
  const at = text.indexOf('\n\n', from)
  return at < 0 ? -1 : at + 2
}

/** Two line ends, each of a carriage return, a line feed or both. */
const TWO_LINE_ENDS = /(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)/g

const ANY_BLANK_LINE: FindBlankLine = (text, from) => {
  TWO_LINE_ENDS.lastIndex = from
  return TWO_LINE_ENDS.test(text) ? TWO_LINE_ENDS.lastIndex : -1
}

/** Looked for once, and not again behind each event: providers end their lines with a line feed alone. */
function blankLineFor(text: string): FindBlankLine {
  return text.includes('\r') ? ANY_BLANK_LINE : BLANK_LINE
}

/** One character less than the longest blank line. */
const SEAM = 3

function endsAnEvent(text: string): boolean {
  return blankLineFor(text)(text, 0) >= 0
}

/** An event whose lines end with a line feed alone. */
function readFedLines(raw: string): ServerSentEvent {
  // What nearly every event is: one line of data.
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
    // An empty name is no name.
    else if (field === 'event') event = valueAfter(line, colon) || undefined
  }
  return { event, data: data.length === 0 ? undefined : data.join('\n'), raw }
}

/** One space after the colon belongs to neither side. */
function valueAfter(line: string, colon: number): string {
  if (colon < 0) return ''
  return line.slice(line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1)
}

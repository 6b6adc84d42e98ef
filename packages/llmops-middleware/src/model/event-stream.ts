/** One event of a `text/event-stream` and the text that it came in, its closing blank line included. */
export type ServerSentEvent = { readonly event: string | undefined; readonly data: string; readonly raw: string }

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
    return this.#rest !== ''
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

  /** What is left at the end of the stream, if it is an event without its closing blank line. */
  end(): ServerSentEvent[] {
    const rest = this.#rest + this.#decoder.end()
    this.#rest = ''
    return rest.trim() === '' ? [] : [readEvent(rest)]
  }

  #cut(text: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = []
    const blankLine = blankLineFor(text)
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
  #isInsideCharacter = false
  #isAtStart = true

  decode(chunk: Uint8Array): string {
    const endsInAscii = (chunk.at(-1) ?? 0) < 0x80
    // The mark that may stand at the start of a text is the streaming decoder's to remove.
    const isWhole = endsInAscii && !this.#isInsideCharacter && !this.#isAtStart
    if (isWhole) return WHOLE_CHARACTERS.decode(chunk)
    this.#isInsideCharacter = !endsInAscii
    this.#isAtStart = false
    return this.#streaming.decode(chunk, { stream: true })
  }

  end(): string {
    return this.#streaming.decode()
  }
}

const WHOLE_CHARACTERS = new TextDecoder('utf-8', { ignoreBOM: true })

/** The index after the blank line that ends the event; -1 when it has not come yet. */
type FindBlankLine = (text: string, start: number) => number

const BLANK_LINE: FindBlankLine = (text, start) => {
  const at = text.indexOf('\n\n', start)
  return at < 0 ? -1 : at + 2
}

const CARRIAGE_BLANK_LINE: FindBlankLine = (text, start) => {
  const feed = BLANK_LINE(text, start)
  const at = text.indexOf('\r\n\r\n', start)
  return at >= 0 && (feed < 0 || at + 4 < feed) ? at + 4 : feed
}

/** Looked for once, and not again behind each event: providers end their lines with a line feed alone. */
function blankLineFor(text: string): FindBlankLine {
  return text.includes('\r') ? CARRIAGE_BLANK_LINE : BLANK_LINE
}

/** One character less than the longest blank line. */
const SEAM = 3

function endsAnEvent(text: string): boolean {
  return blankLineFor(text)(text, 0) >= 0
}

function readEvent(raw: string): ServerSentEvent {
  // What nearly every event is: one line of data.
  if (raw.startsWith('data: ') && raw.indexOf('\n') === raw.length - 2 && raw.charCodeAt(raw.length - 3) !== 13) {
    return { event: undefined, data: raw.slice(6, -2), raw }
  }
  const data: string[] = []
  let event: string | undefined
  for (const line of raw.split(/\r?\n/)) {
    if (line.startsWith('data:')) data.push(line.slice(line.charCodeAt(5) === 32 ? 6 : 5))
    else if (line.startsWith('event:')) event = line.slice(6).trim()
  }
  return { event, data: data.join('\n'), raw }
}

import { EventStreamParser, type Piece, type PieceSource } from './answer/index.ts'
import { parseObject } from './parse-object.ts'
import type { AnswerFacts, StreamReader } from './wire-format.ts'

type BackgroundAnswerOptions = {
  /** Reads the events of a stream; undefined for a JSON body. */
  readonly reader: StreamReader | undefined
  /** A longer body is passed on without being read. */
  readonly maxBytes: number
  readonly readAnswer: (body: Readonly<Record<string, unknown>>) => AnswerFacts
  readonly onFacts: (facts: AnswerFacts) => void
}

/** Passes a body on piece by piece, and reports its facts before its reader gets the end. */
export class BackgroundAnswer implements PieceSource {
  readonly #source: PieceSource
  readonly #options: BackgroundAnswerOptions
  readonly #parser: EventStreamParser
  #read: Uint8Array[] = []
  #bytes = 0
  #isOver = false

  constructor(source: PieceSource, options: BackgroundAnswerOptions) {
    this.#source = source
    this.#options = options
    this.#parser = new EventStreamParser(options.maxBytes)
  }

  async next(): Promise<Piece> {
    const piece = await this.#source.next()
    if (!this.#isOver) this.#take(piece)
    return piece
  }

  cancel(reason: unknown): Promise<void> {
    this.#end()
    return this.#source.cancel(reason)
  }

  #take(piece: Piece): void {
    try {
      if (this.#options.reader) this.#takeEvents(piece, this.#options.reader)
      else this.#takeText(piece)
    } catch {
      // The cost in a body of an undocumented shape stays unknown.
      this.#end()
    }
  }

  #takeEvents(piece: Piece, reader: StreamReader): void {
    for (const { event, data } of piece.done ? this.#parser.end() : this.#parser.push(piece.value)) {
      if (data) reader.read(event, data)
    }
    if (reader.isComplete) this.#options.onFacts(reader.facts())
    if (piece.done || reader.isComplete || this.#parser.isTooLong) this.#end()
  }

  #takeText(piece: Piece): void {
    if (!piece.done) {
      this.#bytes += piece.value.byteLength
      // Copied, because the reader may transfer the memory of the piece.
      if (this.#bytes <= this.#options.maxBytes) this.#read.push(new Uint8Array(piece.value))
      else this.#end()
      return
    }
    const body = parseObject(new TextDecoder().decode(Buffer.concat(this.#read)))
    this.#end()
    if (body) this.#options.onFacts(this.#options.readAnswer(body))
  }

  #end(): void {
    this.#isOver = true
    this.#read = []
  }
}

import { EventStreamParser, type Piece, type PieceSource } from './answer/index.ts'
import { parseObject } from './parse-object.ts'
import type { AnswerFacts, StreamReader } from './wire-format.ts'

type Told = {
  /** Of a stream; undefined for one object. */
  readonly reader: StreamReader | undefined
  /** What is longer is handed on unread. */
  readonly maxBytes: number
  readonly readAnswer: (body: Readonly<Record<string, unknown>>) => AnswerFacts
  readonly tell: (facts: AnswerFacts) => void
}

/** Hands a body on piece by piece as it comes, and tells what it says before its reader hears of its end. */
export class BackgroundAnswer implements PieceSource {
  readonly #source: PieceSource
  readonly #told: Told
  readonly #parser: EventStreamParser
  #read: Uint8Array[] = []
  #bytes = 0
  #isOver = false

  constructor(source: PieceSource, told: Told) {
    this.#source = source
    this.#told = told
    this.#parser = new EventStreamParser(told.maxBytes)
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
      if (this.#told.reader) this.#takeEvents(piece, this.#told.reader)
      else this.#takeText(piece)
    } catch {
      // A shape that nobody documented says nothing of what it cost.
      this.#end()
    }
  }

  #takeEvents(piece: Piece, reader: StreamReader): void {
    for (const { event, data } of piece.done ? this.#parser.end() : this.#parser.push(piece.value)) {
      if (data) reader.read(event, data)
    }
    if (reader.isComplete) this.#told.tell(reader.facts())
    if (piece.done || reader.isComplete || this.#parser.isTooLong) this.#end()
  }

  #takeText(piece: Piece): void {
    if (!piece.done) {
      this.#bytes += piece.value.byteLength
      // Whoever is handed the piece may take its memory.
      if (this.#bytes <= this.#told.maxBytes) this.#read.push(new Uint8Array(piece.value))
      else this.#end()
      return
    }
    const body = parseObject(new TextDecoder().decode(Buffer.concat(this.#read)))
    this.#end()
    if (body) this.#told.tell(this.#told.readAnswer(body))
  }

  #end(): void {
    this.#isOver = true
    this.#read = []
  }
}

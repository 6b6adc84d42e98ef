import { Readable } from 'node:stream'
import type { ReadableStreamAsyncIterator, UnderlyingByteSource } from 'node:stream/web'

/** A piece of a body, or its end, in the same shape that standard readers and iterators return. */
export type Piece =
  | { readonly done: false; readonly value: Uint8Array }
  | { readonly done: true; readonly value?: undefined }

export const END: Piece = { done: true, value: undefined }

/** A source of the pieces of a body, one per call. */
export interface PieceSource {
  /** Returns the next piece, or the end. Rejects with the error that broke the body. Calls do not overlap. */
  next(): Promise<Piece>
  /**
   * Ends the source: the rest is not needed.
   *
   * @param reason why
   */
  cancel(reason: unknown): Promise<void>
}

/** Whether a piece of a body was requested. A separate object, so that it can outlive the body. */
export type Reading = { hasBegun: boolean }

/** The property by which Node, and so `Response`, asks whether a stream was read. */
const DISTURBED: unique symbol = Symbol.for('nodejs.stream.disturbed') as never

/** The type of `ReadableStream` has no subclass for bytes. */
const ByteStream = ReadableStream as new (source: UnderlyingByteSource) => ReadableStream<Uint8Array>

/**
 * A body whose pieces `for await`, which SDKs use, reads directly from the source, past the queue of the standard stream.
 * That queue costs more per piece than everything else that happens to it here. Read in any other way, it is a standard
 * byte stream like that of the standard `fetch`.
 */
export class PieceStream extends ByteStream {
  readonly #source: PieceSource
  readonly #controller: ReadableByteStreamController
  /** Whether its pieces are read past its queue. */
  #isTaken = false
  readonly #reading: Reading

  constructor(source: PieceSource) {
    let controller!: ReadableByteStreamController
    const reading: Reading = { hasBegun: false }
    super({
      type: 'bytes',
      start(started) {
        controller = started
      },
      pull: async () => {
        reading.hasBegun = true
        let piece = await source.next()
        // A byte stream does not accept an empty piece.
        while (!piece.done && piece.value.byteLength === 0) piece = await source.next()
        // Copied, because the stream transfers the memory of the piece, which others may share.
        if (!piece.done) return controller.enqueue(new Uint8Array(piece.value))
        controller.close()
        controller.byobRequest?.respond(0)
      },
      cancel: (reason) => source.cancel(reason),
    })
    this.#source = source
    this.#controller = controller
    this.#reading = reading
  }

  get [DISTURBED](): boolean {
    return this.#isTaken || (super[DISTURBED as never] as boolean)
  }

  /** Whether the stream was read or cancelled. */
  static isDisturbed(stream: ReadableStream): boolean {
    // It accepts web streams too, although its type does not say so.
    return Readable.isDisturbed(stream as unknown as Readable)
  }

  /** Returns undefined for a stream of another class. */
  static readingOf(stream: ReadableStream): Reading | undefined {
    return stream instanceof PieceStream ? stream.#reading : undefined
  }

  /** Returns the pieces of a body, and locks it for all other readers. */
  static sourceOf(body: ReadableStream<Uint8Array>): PieceSource {
    const isFresh = body instanceof PieceStream && !PieceStream.isDisturbed(body)
    const reader = body.getReader()
    if (!isFresh) return { next: () => reader.read() as Promise<Piece>, cancel: (reason) => reader.cancel(reason) }
    body.#isTaken = true
    body.#reading.hasBegun = true
    return body.#source
  }

  override values(options: { preventCancel?: boolean } = {}): ReadableStreamAsyncIterator<Uint8Array> {
    // If it was read as a standard stream before, it continues as one.
    if (PieceStream.isDisturbed(this)) return super.values(options)
    const lock = this.getReader()
    this.#isTaken = true
    return new PieceIterator(lock, this.#source, this.#controller, this.#reading, options.preventCancel ?? false)
  }

  override [Symbol.asyncIterator](): ReadableStreamAsyncIterator<Uint8Array> {
    return this.values()
  }
}

/** Reads past the stream's queue. It keeps the stream locked meanwhile, so that there is no other reader. */
class PieceIterator implements ReadableStreamAsyncIterator<Uint8Array> {
  readonly #source: PieceSource
  readonly #lock: ReadableStreamDefaultReader<Uint8Array>
  readonly #controller: ReadableByteStreamController
  readonly #begun: Reading
  readonly #preventCancel: boolean
  #isEnded = false
  /** The pending read, for which the next one waits. */
  #reading: Promise<IteratorResult<Uint8Array, undefined>> | undefined
  readonly #onPiece = (piece: Piece): IteratorResult<Uint8Array, undefined> => {
    this.#reading = undefined
    if (piece.done) this.#end(() => this.#controller.close())
    return piece as IteratorResult<Uint8Array, undefined>
  }
  readonly #onError = (error: unknown): never => {
    this.#reading = undefined
    this.#end(() => this.#controller.error(error))
    throw error
  }

  constructor(
    lock: ReadableStreamDefaultReader<Uint8Array>,
    source: PieceSource,
    controller: ReadableByteStreamController,
    reading: Reading,
    preventCancel: boolean,
  ) {
    this.#lock = lock
    this.#source = source
    this.#controller = controller
    this.#begun = reading
    this.#preventCancel = preventCancel
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined })
    if (this.#reading) return this.#nextAfter(this.#reading)
    this.#begun.hasBegun = true
    this.#reading = this.#source.next().then(this.#onPiece, this.#onError)
    return this.#reading
  }

  #nextAfter(reading: Promise<unknown>): Promise<IteratorResult<Uint8Array, undefined>> {
    const next = () => this.next()
    return reading.then(next, next)
  }

  async return(value?: unknown): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#isEnded) {
      this.#isEnded = true
      const cancelled = this.#preventCancel ? undefined : this.#lock.cancel(value)
      this.#lock.releaseLock()
      await cancelled
    }
    return { done: true, value: value as undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  #end(endStream: () => void): void {
    // The reader may have stopped while the last piece was on the way.
    if (this.#isEnded) return
    this.#isEnded = true
    endStream()
    this.#lock.releaseLock()
  }
}

import { Readable } from 'node:stream'
import type { ReadableStreamAsyncIterator, UnderlyingByteSource } from 'node:stream/web'

/** A piece of a body, or its end: the same shape as what the standard readers and iterators give. */
export type Piece =
  | { readonly done: false; readonly value: Uint8Array }
  | { readonly done: true; readonly value?: undefined }

export const END: Piece = { done: true, value: undefined }

/** Where the pieces of a body come from, one at a time as they are asked for. */
export interface PieceSource {
  /** The next piece, or the end. Rejects with what broke the body. Never called while a call is open. */
  next(): Promise<Piece>
  /**
   * Nobody wants the rest.
   *
   * @param reason why
   */
  cancel(reason: unknown): Promise<void>
}

/** Whether somebody has asked for a piece of a body. It outlives the body. */
export type Reading = { hasBegun: boolean }

/** What Node asks a stream, and with it `Response`: whether anybody has read of it. */
const DISTURBED: unique symbol = Symbol.for('nodejs.stream.disturbed') as never

/** Its type knows no class of it for bytes. */
const ByteStream = ReadableStream as new (source: UnderlyingByteSource) => ReadableStream<Uint8Array>

/**
 * A body whose pieces are read by `for await` as SDKs do, without passing through the queue of a second standard stream:
 * that queue costs more a piece than all that is done with it here. Read in any other way it is the standard stream, of
 * bytes as that of the standard's `fetch`.
 */
export class PieceStream extends ByteStream {
  readonly #source: PieceSource
  readonly #controller: ReadableByteStreamController
  /** Its pieces are read past its queue. */
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
        // A stream of bytes takes no empty piece.
        while (!piece.done && piece.value.byteLength === 0) piece = await source.next()
        // It takes the memory of what it is given, of which others may have a part.
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

  /** Whether somebody began to read the stream, or cancelled it. */
  static isDisturbed(stream: ReadableStream): boolean {
    // Takes web streams too, which its type does not say.
    return Readable.isDisturbed(stream as unknown as Readable)
  }

  /** Undefined for a stream of another class. */
  static readingOf(stream: ReadableStream): Reading | undefined {
    return stream instanceof PieceStream ? stream.#reading : undefined
  }

  /** The pieces of any body, which nobody else can read from here on. */
  static sourceOf(body: ReadableStream<Uint8Array>): PieceSource {
    const isFresh = body instanceof PieceStream && !PieceStream.isDisturbed(body)
    const reader = body.getReader()
    if (!isFresh) return { next: () => reader.read() as Promise<Piece>, cancel: (reason) => reader.cancel(reason) }
    body.#isTaken = true
    body.#reading.hasBegun = true
    return body.#source
  }

  override values(options: { preventCancel?: boolean } = {}): ReadableStreamAsyncIterator<Uint8Array> {
    // What was begun in another way goes on in that way.
    if (PieceStream.isDisturbed(this)) return super.values(options)
    const lock = this.getReader()
    this.#isTaken = true
    return new PieceIterator(lock, this.#source, this.#controller, this.#reading, options.preventCancel ?? false)
  }

  override [Symbol.asyncIterator](): ReadableStreamAsyncIterator<Uint8Array> {
    return this.values()
  }
}

/** Holds the stream's lock while it reads past its queue, so that nobody else reads in between. */
class PieceIterator implements ReadableStreamAsyncIterator<Uint8Array> {
  readonly #source: PieceSource
  readonly #lock: ReadableStreamDefaultReader<Uint8Array>
  readonly #controller: ReadableByteStreamController
  readonly #begun: Reading
  readonly #preventCancel: boolean
  #isEnded = false
  /** The reading under way, which the next one waits for. */
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

  #end(tell: () => void): void {
    // It was left while its last piece was on the way.
    if (this.#isEnded) return
    this.#isEnded = true
    tell()
    this.#lock.releaseLock()
  }
}

import { Readable } from 'node:stream'
import type { ReadableStreamAsyncIterator } from 'node:stream/web'

/** A piece of a body, or its end: the same shape as what the standard readers and iterators give. */
export type Piece =
  | { readonly done: false; readonly value: Uint8Array }
  | { readonly done: true; readonly value?: undefined }

export const END: Piece = { done: true, value: undefined }

/** Where the pieces of a body come from, one at a time as they are asked for. */
export interface PieceSource {
  /** The next piece, or the end. Rejects with what broke the body. Never called while a call is open. */
  next(): Promise<Piece>
  /** Nobody wants the rest. */
  cancel(reason: unknown): Promise<void>
}

/**
 * A body whose pieces are read by `for await` as SDKs do, without passing through the queue of a second standard stream:
 * that queue costs more a piece than all that is done with it here. Read in any other way it is the standard stream.
 */
export class PieceStream extends ReadableStream<Uint8Array> {
  readonly #source: PieceSource
  readonly #controller: ReadableStreamDefaultController<Uint8Array>
  #isIterated = false

  constructor(source: PieceSource) {
    let controller!: ReadableStreamDefaultController<Uint8Array>
    super(
      {
        start(started) {
          controller = started
        },
        pull: async () => {
          const { done, value } = await source.next()
          if (done) controller.close()
          else controller.enqueue(value)
        },
        cancel: (reason) => source.cancel(reason),
      },
      // The caller's pace is the provider's pace.
      { highWaterMark: 0 },
    )
    this.#source = source
    this.#controller = controller
  }

  /** Whether somebody began to read the stream, or cancelled it. */
  static isDisturbed(stream: ReadableStream): boolean {
    if (stream instanceof PieceStream && stream.#isIterated) return true
    // Takes web streams too, which its type does not say.
    return Readable.isDisturbed(stream as unknown as Readable)
  }

  /** The pieces of any body, which nobody else can read from here on. */
  static sourceOf(body: ReadableStream<Uint8Array>): PieceSource {
    const isFresh = body instanceof PieceStream && !PieceStream.isDisturbed(body)
    const reader = body.getReader()
    if (isFresh) return body.#source
    return { next: () => reader.read() as Promise<Piece>, cancel: (reason) => reader.cancel(reason) }
  }

  override values(options: { preventCancel?: boolean } = {}): ReadableStreamAsyncIterator<Uint8Array> {
    // What was begun in another way goes on in that way.
    if (PieceStream.isDisturbed(this)) return super.values(options)
    const lock = this.getReader()
    this.#isIterated = true
    return new PieceIterator(lock, this.#source, this.#controller, options.preventCancel ?? false)
  }

  override [Symbol.asyncIterator](): ReadableStreamAsyncIterator<Uint8Array> {
    return this.values()
  }
}

/** Holds the stream's lock while it reads past its queue, so that nobody else reads in between. */
class PieceIterator implements ReadableStreamAsyncIterator<Uint8Array> {
  readonly #source: PieceSource
  readonly #lock: ReadableStreamDefaultReader<Uint8Array>
  readonly #controller: ReadableStreamDefaultController<Uint8Array>
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
    controller: ReadableStreamDefaultController<Uint8Array>,
    preventCancel: boolean,
  ) {
    this.#lock = lock
    this.#source = source
    this.#controller = controller
    this.#preventCancel = preventCancel
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined })
    const next = () => this.next()
    if (this.#reading) return this.#reading.then(next, next)
    this.#reading = this.#source.next().then(this.#onPiece, this.#onError)
    return this.#reading
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

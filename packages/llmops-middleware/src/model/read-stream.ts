import { AttemptTimeoutError } from './attempt-timeout-error.ts'
import type { Complete } from './complete.ts'
import { EventStreamParser, type ServerSentEvent } from './event-stream.ts'
import type { Completion, ModelCall } from './model-call.ts'
import { END, type Piece, type PieceSource, PieceStream } from './piece-stream.ts'
import { StreamBrokenError } from './stream-broken-error.ts'
import type { StreamReader } from './wire-format.ts'

export type ReadStreamOptions = {
  readonly complete: Complete
  readonly startedAtMs: number
  readonly now: () => number
  /** The longest event, in characters. */
  readonly maxEventLength: number
}

const encoder = new TextEncoder()

/**
 * Hands a stream on as it comes and reads it on the way: nothing is read before it is asked for. However it ends,
 * `completion` says so once.
 */
export class ReadStream implements PieceSource {
  readonly completion: Promise<Completion>
  readonly #upstream: PieceSource
  readonly #call: ModelCall
  readonly #options: ReadStreamOptions
  readonly #parser: EventStreamParser
  readonly #reader: StreamReader
  readonly #resolve: (completion: Completion) => void
  #timeToFirstTokenMs: number | undefined
  #isOver = false

  constructor(body: ReadableStream<Uint8Array>, call: ModelCall, options: ReadStreamOptions) {
    this.#upstream = PieceStream.sourceOf(body)
    this.#call = call
    this.#options = options
    this.#parser = new EventStreamParser(options.maxEventLength)
    this.#reader = call.format.streamReader(call.request)
    const { promise, resolve } = Promise.withResolvers<Completion>()
    this.completion = promise
    this.#resolve = resolve
  }

  // Promises by hand: this runs for every piece of every answer, and an async function makes two more of them.
  next(): Promise<Piece> {
    return this.#upstream.next().then(this.#onRead, this.#onBroken)
  }

  async cancel(reason: unknown): Promise<void> {
    this.#finish(this.#reader.isComplete ? 'completed' : 'aborted', reason)
    await this.#upstream.cancel(reason)
  }

  readonly #onRead = (piece: Piece): Piece | Promise<Piece> => {
    // Read past its end by the last event, or left by the caller while this was on its way.
    if (this.#isOver) return END
    if (piece.done) return this.#end()
    this.#timeToFirstTokenMs ??= this.#options.now() - this.#options.startedAtMs
    const bytes = this.#take(piece.value)
    if (this.#parser.isTooLong) return this.#giveUp(new RangeError('An event of the stream does not end.'))
    if (bytes === piece.value) return piece
    return bytes ? { done: false, value: bytes } : this.next()
  }

  readonly #onBroken = (error: unknown) => (this.#isOver ? END : this.#end(error))

  /** The bytes to hand on, as they came unless an event is hidden or not whole yet. */
  #take(chunk: Uint8Array): Uint8Array | undefined {
    const beganInside = this.#parser.isInsideEvent
    const events = this.#parser.push(chunk)
    let forwarded = events
    for (const event of events) {
      if (this.#read(event) === 'drop') {
        forwarded = forwarded.filter((other) => other !== event)
      }
    }
    if (forwarded === events && !beganInside && !this.#parser.isInsideEvent) return chunk
    return bytesOf(forwarded)
  }

  /** An event of a shape that nobody documented is malformed, like one that is no JSON. */
  #read({ event, data }: ServerSentEvent): 'forward' | 'drop' {
    // What says nothing keeps connections alive on its way to the caller.
    if (!data) return 'forward'
    try {
      return this.#reader.read(event, data)
    } catch {
      return 'drop'
    }
  }

  /** A socket that breaks after the answer was whole broke nothing. */
  #end(broken?: unknown): Piece {
    const rest = bytesOf(this.#parser.end().filter((event) => this.#read(event) === 'forward'))
    if (this.#reader.isComplete) {
      this.#finish('completed')
      return rest ? { done: false, value: rest } : END
    }
    // A limit of ours that passed broke the stream; anyone else who aborts it has left.
    const { aborted, reason } = this.#call.signal
    if (aborted && !(reason instanceof AttemptTimeoutError)) {
      this.#finish('aborted', reason)
      throw reason
    }
    const cause = aborted ? reason : broken
    const error = new StreamBrokenError(this.#call.model, this.#reader.deliveredTokens, { cause })
    this.#finish('broken', error)
    throw error
  }

  async #giveUp(error: Error): Promise<Piece> {
    await this.#upstream.cancel(error)
    return this.#end(error)
  }

  #finish(status: 'completed' | 'aborted' | 'broken', error?: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    const reader = this.#reader
    const facts = reader.facts()
    // A provider that failed bills no reasoning that nobody saw.
    const isHidden = reader.hidesTokens && facts.error === undefined
    const deliveredTokens = isHidden ? undefined : reader.deliveredTokens
    this.#resolve(this.#options.complete(status, facts, deliveredTokens, error, this.#timeToFirstTokenMs))
  }
}

function bytesOf(events: readonly ServerSentEvent[]): Uint8Array | undefined {
  if (events.length === 0) return undefined
  let text = ''
  for (const { raw } of events) text += raw
  return encoder.encode(text)
}

import type { RateCard } from '../../pricing/index.ts'
import { recordOf } from '../../task.ts'
import type { Delivered as DeliveredTokens } from '../answered-calls.ts'
import { completionOf, type Ending } from '../complete.ts'
import type { ModelCall } from '../model-call.ts'
import type { Completion, StreamProgress } from '../model-result.ts'
import type { EventVerdict, StreamFailure, StreamReader } from '../wire-format.ts'
import { EventStreamParser, type ServerSentEvent } from './event-stream.ts'
import type { Delivered, OpenStream } from './open-calls.ts'
import { END, type Piece, type PieceSource } from './piece-stream.ts'
import { StreamBrokenError } from './stream-broken-error.ts'

export type ReadStreamOptions = {
  readonly rateCard: RateCard
  readonly startedAtMs: number
  /** Whether the answer costs nothing because a gateway had it in its cache. @default false */
  readonly isFree?: boolean
  /** The service tier that the headers report. */
  readonly serviceTier?: string | undefined
  /** Whether to charge the cost that a gateway reports. @default false */
  readonly trustsCost?: boolean
  readonly now: () => number
  /** The longest event, in characters. */
  readonly maxEventLength: number
  /** What a complete answer ends with: the option `finish`, with `auto` already resolved. */
  readonly finish: EndRule
}

/**
 * - `promised`: only the end that its format promises
 * - `done`: that end, or `[DONE]` alone
 * - `any`: any end except a broken connection
 */
export type EndRule = 'promised' | 'done' | 'any'

const encoder = new TextEncoder()

/**
 * Passes a stream on as it arrives and reads it on the way. It reads only when its consumer does. `completion` settles
 * once, however the stream ends.
 */
export class ReadStream implements PieceSource, StreamProgress, OpenStream {
  readonly completion: Promise<Completion>
  readonly #upstream: PieceSource
  readonly #call: ModelCall
  readonly #options: ReadStreamOptions
  readonly #parser: EventStreamParser
  readonly #reader: StreamReader
  readonly #resolve: (completion: Completion) => void
  #timeToFirstTokenMs: number | undefined
  /** The number of events with data. */
  #chunks = 0
  /** When the last of them arrived; undefined for pieces on the fast path, which does not read the clock. */
  #lastChunkAtMs: number | undefined
  #isOver = false
  /** Whether `[DONE]` has arrived. */
  #isDone = false
  /** Why a part of the answer is missing. */
  #gap: Error | undefined
  /** Why no more pieces follow. The next read rejects with it, and cancels the stream at the provider. */
  #broken: { readonly error: unknown } | undefined

  constructor(upstream: PieceSource, call: ModelCall, reader: StreamReader, options: ReadStreamOptions) {
    this.#upstream = upstream
    this.#call = call
    this.#options = options
    this.#parser = new EventStreamParser(options.maxEventLength)
    this.#reader = reader
    const { promise, resolve } = Promise.withResolvers<Completion>()
    this.completion = promise
    this.#resolve = resolve
  }

  // Without `async`, which would create two more promises for every piece of every answer.
  next(): Promise<Piece> {
    if (this.#broken) return this.#cancelAndThrow(this.#broken.error)
    return this.#upstream.next().then(this.#onRead, this.#onBroken)
  }

  get isOpen(): boolean {
    return this.#timeToFirstTokenMs !== undefined
  }

  get hasBegun(): boolean {
    return this.#reader.hasBegun
  }

  get isWhole(): boolean {
    if (this.#gap) return false
    return this.#reader.isComplete || (this.#isDone && this.#options.finish !== 'promised')
  }

  get failure(): StreamFailure | undefined {
    return this.#reader.failure
  }

  async cancel(reason: unknown): Promise<void> {
    // SDKs cancel a stream at the provider's error; this is not an abort by the caller.
    this.#finish(this.isWhole ? 'completed' : 'aborted', this.#reader.failure ? undefined : reason)
    await this.#upstream.cancel(reason)
  }

  abandon(cause: Error, delivered: Delivered): void {
    this.#stop(new StreamBrokenError(this.#call.model, this.#reader.deliveredTokens, { cause }), cause, delivered)
  }

  leave(reason: unknown): void {
    this.#stop(reason, reason, 'counted')
  }

  #stop(error: unknown, cause: unknown, delivered: Delivered): void {
    if (this.#isOver) return
    this.#broken = { error }
    this.#finish(this.isWhole ? 'completed' : 'aborted', error, delivered)
    // An error of the cancelled stream changes nothing here.
    this.#upstream.cancel(cause).catch(() => {})
  }

  readonly #onRead = (piece: Piece): Piece | Promise<Piece> => {
    // The stream has ended already: by its last event, or by the caller while this piece was on its way.
    if (this.#isOver) return this.#over()
    if (piece.done) return this.#end()
    const bytes = this.#take(piece.value)
    if (this.#parser.isTooLong) this.#break(new RangeError('An event of the stream is longer than `maxAnswerBytes`.'))
    if (bytes === piece.value) return piece
    return bytes ? { done: false, value: bytes } : this.next()
  }

  readonly #onBroken = (error: unknown) => (this.#isOver ? this.#over() : this.#end(error))

  #over(): Piece {
    if (this.#broken) throw this.#broken.error
    return END
  }

  /** Returns the bytes to pass on: those of the chunk, unless an event is hidden or incomplete. */
  #take(chunk: Uint8Array): Uint8Array | undefined {
    const beganInside = this.#parser.isInsideEvent
    if (!beganInside && this.#readPiece(chunk)) return chunk
    const events = this.#parser.push(chunk)
    let forwarded = events
    for (const event of events) {
      const verdict = this.#read(event)
      // After a gap nothing is passed on, but what arrived is billed.
      if (this.#gap || verdict === 'drop') forwarded = forwarded.filter((other) => other !== event)
    }
    if (this.#gap) this.#break(this.#gap)
    if (forwarded === events && !beganInside && !this.#parser.isInsideEvent) return chunk
    return bytesOf(forwarded)
  }

  #read({ event, data, raw }: ServerSentEvent): EventVerdict {
    // Events without data are passed on, because they keep connections alive.
    if (!data) return 'forward'
    if (this.#timeToFirstTokenMs === undefined) {
      this.#timeToFirstTokenMs = this.#options.now() - this.#options.startedAtMs
      recordOf(this.#call.task)?.sign('model')
    }
    if (data.startsWith('[DONE]')) return this.#readDone()
    const verdict = this.#readData(event, data, raw)
    if (verdict === 'forward') this.#countChunk(this.#options.now())
    if (verdict === 'malformed') this.#gap ??= new SyntaxError('The data of an event of the stream is not valid JSON.')
    return verdict
  }

  #readPiece(chunk: Uint8Array): boolean {
    try {
      const isRead = this.#reader.readPiece?.(chunk) ?? false
      if (isRead) this.#countChunk(undefined)
      return isRead
    } catch {
      return false
    }
  }

  #readData(event: string | undefined, data: string, raw: string): EventVerdict {
    try {
      return this.#reader.read(event, data, raw)
    } catch {
      // JSON of an undocumented shape: the SDK gets it as it would without us.
      return 'forward'
    }
  }

  /** SDKs stop reading at `[DONE]`, so an incomplete answer must be reported before it. */
  #readDone(): EventVerdict {
    if (this.#reader.failure) return 'drop'
    this.#isDone = true
    if (!this.isWhole) this.#gap ??= new Error('[DONE] came before the end that the format of the stream promises.')
    return 'forward'
  }

  /** If the connection breaks after a whole answer, the answer counts as complete; the caller still gets the error. */
  #end(broken?: unknown): Piece {
    const last = this.#parser.end().map((event) => ({ event, verdict: this.#read(event) }))
    const { failure } = this.#reader
    // An incomplete last event is malformed only if the stream ended normally. A broken connection explains it.
    const isCutOff = broken !== undefined
    if (!isCutOff && !failure && this.#gap) throw this.#break(this.#gap)
    const isWhole = this.isWhole || (!isCutOff && this.#options.finish === 'any')
    // If the SDK raises the provider's own error, it needs no second one.
    if (failure ? failure.isTold : isWhole) {
      this.#finish('completed')
      if (isCutOff) throw broken
      const rest = bytesOf(last.filter(({ verdict }) => verdict === 'forward').map(({ event }) => event))
      return rest ? { done: false, value: rest } : END
    }
    const { callerSignal, signal } = this.#call
    if (callerSignal.aborted) {
      this.#finish('aborted', callerSignal.reason)
      throw callerSignal.reason
    }
    // A time limit of ours breaks the stream just like an error of the provider.
    throw this.#break(signal.aborted ? signal.reason : (broken ?? failure?.error))
  }

  #break(cause: unknown): StreamBrokenError {
    const error = new StreamBrokenError(this.#call.model, this.#reader.deliveredTokens, { cause })
    this.#broken ??= { error }
    this.#finish('broken', error)
    return error
  }

  async #cancelAndThrow(error: unknown): Promise<Piece> {
    await this.#upstream.cancel(error)
    throw error
  }

  #finish(ending: 'completed' | 'aborted' | 'broken', error?: unknown, delivered: Delivered = 'counted'): void {
    if (this.#isOver) return
    this.#isOver = true
    const reader = this.#reader
    const facts = reader.facts()
    const failed = reader.deliveredTokens > 0 ? 'broken' : 'failed'
    const status: Ending['status'] = reader.failure ? failed : ending
    // A provider that failed does not bill hidden reasoning.
    const isHidden = reader.hidesTokens && facts.error === undefined
    const arrived = delivered === 'unknown' ? undefined : deliveredStream(reader.deliveredTokens, isHidden)
    const timeToFirstTokenMs = this.#timeToFirstTokenMs
    const { rateCard, isFree = false, serviceTier, trustsCost = false } = this.#options
    const costUsd = trustsCost ? facts.costUsd : undefined
    const isUnfinished = status === 'completed' && !reader.isComplete
    const times = { timeToFirstTokenMs, timePerChunkMs: this.#timePerChunkMs() }
    const ended = { status, facts, isFree, isUnfinished, delivered: arrived, costUsd, serviceTier, error, ...times }
    this.#resolve(completionOf(this.#call, rateCard, ended))
  }

  #countChunk(atMs: number | undefined): void {
    this.#chunks++
    this.#lastChunkAtMs = atMs
  }

  #timePerChunkMs(): number | undefined {
    if (this.#timeToFirstTokenMs === undefined || this.#chunks < 2) return undefined
    const firstAtMs = this.#options.startedAtMs + this.#timeToFirstTokenMs
    const lastAtMs = this.#lastChunkAtMs ?? this.#options.now()
    return Math.max(0, lastAtMs - firstAtMs) / (this.#chunks - 1)
  }
}

function deliveredStream(tokens: number, isHidden: boolean): DeliveredTokens {
  return { as: isHidden ? 'hidden' : 'stream', size: tokens, bound: () => (isHidden ? undefined : tokens) }
}

function bytesOf(events: readonly ServerSentEvent[]): Uint8Array | undefined {
  if (events.length === 0) return undefined
  let text = ''
  for (const { raw } of events) text += raw
  return encoder.encode(text)
}

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
  /** Whether nobody bills what comes: a gateway had it. @default false */
  readonly isFree?: boolean
  /** Whether what a gateway says that it cost is what it cost. @default false */
  readonly trustsCost?: boolean
  readonly now: () => number
  /** The longest event, in characters. */
  readonly maxEventLength: number
  /** What ends an answer: see the option `finish`, whose `auto` is decided here already. */
  readonly finish: EndRule
}

/**
 * - `promised`: what its format promises, and nothing else
 * - `done`: that, or `[DONE]` alone
 * - `any`: that, or any end that is not a broken connection
 */
export type EndRule = 'promised' | 'done' | 'any'

const encoder = new TextEncoder()

/**
 * Hands a stream on as it comes and reads it on the way: nothing is read before it is asked for. However it ends,
 * `completion` says so once.
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
  /** Events that say something. */
  #chunks = 0
  /** When the last of them came, where that was looked at: no clock is asked for a piece that needs no look. */
  #lastChunkAtMs: number | undefined
  #isOver = false
  /** Whether `[DONE]` has come. */
  #isDone = false
  /** Why a piece of the answer is missing. */
  #hole: Error | undefined
  /** Why nothing follows what was handed on: the next read says so, and ends it at the provider. */
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

  // Promises by hand: this runs for every piece of every answer, and an async function makes two more of them.
  next(): Promise<Piece> {
    if (this.#broken) return this.#giveUp(this.#broken.error)
    return this.#upstream.next().then(this.#onRead, this.#onBroken)
  }

  get isOpen(): boolean {
    return this.#timeToFirstTokenMs !== undefined
  }

  get hasBegun(): boolean {
    return this.#reader.hasBegun
  }

  get isWhole(): boolean {
    if (this.#hole) return false
    return this.#reader.isComplete || (this.#isDone && this.#options.finish !== 'promised')
  }

  get failure(): StreamFailure | undefined {
    return this.#reader.failure
  }

  async cancel(reason: unknown): Promise<void> {
    // SDKs leave a stream at the provider's error; then it is not the caller who left.
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
    // How it ends there changes nothing here.
    this.#upstream.cancel(cause).catch(() => {})
  }

  readonly #onRead = (piece: Piece): Piece | Promise<Piece> => {
    // Read past its end by the last event, or left by the caller while this was on its way.
    if (this.#isOver) return this.#over()
    if (piece.done) return this.#end()
    const bytes = this.#take(piece.value)
    if (this.#parser.isTooLong) this.#break(new RangeError('An event of the stream does not end.'))
    if (bytes === piece.value) return piece
    return bytes ? { done: false, value: bytes } : this.next()
  }

  readonly #onBroken = (error: unknown) => (this.#isOver ? this.#over() : this.#end(error))

  #over(): Piece {
    if (this.#broken) throw this.#broken.error
    return END
  }

  /** The bytes to hand on, as they came unless an event is hidden or not whole yet. */
  #take(chunk: Uint8Array): Uint8Array | undefined {
    const beganInside = this.#parser.isInsideEvent
    if (!beganInside && this.#readPiece(chunk)) return chunk
    const events = this.#parser.push(chunk)
    let forwarded = events
    for (const event of events) {
      const verdict = this.#read(event)
      // Behind a hole nothing is handed on, but what came is billed.
      if (this.#hole || verdict === 'drop') forwarded = forwarded.filter((other) => other !== event)
    }
    if (this.#hole) this.#break(this.#hole)
    if (forwarded === events && !beganInside && !this.#parser.isInsideEvent) return chunk
    return bytesOf(forwarded)
  }

  #read({ event, data, raw }: ServerSentEvent): EventVerdict {
    // What says nothing keeps connections alive on its way to the caller.
    if (!data) return 'forward'
    if (this.#timeToFirstTokenMs === undefined) {
      this.#timeToFirstTokenMs = this.#options.now() - this.#options.startedAtMs
      recordOf(this.#call.task)?.sign('model')
    }
    if (data.startsWith('[DONE]')) return this.#readDone()
    const verdict = this.#readData(event, data, raw)
    if (verdict === 'forward') this.#sawChunk(this.#options.now())
    if (verdict === 'malformed') this.#hole ??= new SyntaxError('The data of an event of the stream is no JSON.')
    return verdict
  }

  #readPiece(chunk: Uint8Array): boolean {
    try {
      const isRead = this.#reader.readPiece?.(chunk) ?? false
      if (isRead) this.#sawChunk(undefined)
      return isRead
    } catch {
      return false
    }
  }

  #readData(event: string | undefined, data: string, raw: string): EventVerdict {
    try {
      return this.#reader.read(event, data, raw)
    } catch {
      // JSON of a shape that nobody documented: the SDK takes it as it would without us.
      return 'forward'
    }
  }

  /** SDKs stop at this mark, and would not hear that the answer is not whole. */
  #readDone(): EventVerdict {
    if (this.#reader.failure) return 'drop'
    this.#isDone = true
    if (!this.isWhole) this.#hole ??= new Error('[DONE] came before the stream said that its answer is whole.')
    return 'forward'
  }

  /** A socket that breaks behind an answer that is whole breaks none of it; its caller hears of it as without us. */
  #end(broken?: unknown): Piece {
    const last = this.#parser.end().map((event) => ({ event, verdict: this.#read(event) }))
    const { failure } = this.#reader
    // Half an event is what a socket that broke leaves; of a stream that ended it was sent so.
    const isCutOff = broken !== undefined
    if (!isCutOff && !failure && this.#hole) throw this.#break(this.#hole)
    const isWhole = this.isWhole || (!isCutOff && this.#options.finish === 'any')
    // What the provider told of itself needs no second error.
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
    // A limit of ours that passed breaks the stream as its provider may.
    throw this.#break(signal.aborted ? signal.reason : (broken ?? failure?.error))
  }

  #break(cause: unknown): StreamBrokenError {
    const error = new StreamBrokenError(this.#call.model, this.#reader.deliveredTokens, { cause })
    this.#broken ??= { error }
    this.#finish('broken', error)
    return error
  }

  async #giveUp(error: unknown): Promise<Piece> {
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
    // A provider that failed bills no reasoning that nobody saw.
    const isHidden = reader.hidesTokens && facts.error === undefined
    const came = delivered === 'unknown' ? undefined : deliveredStream(reader.deliveredTokens, isHidden)
    const timeToFirstTokenMs = this.#timeToFirstTokenMs
    const { rateCard, isFree = false, trustsCost = false } = this.#options
    const costUsd = trustsCost ? facts.costUsd : undefined
    const isUnfinished = status === 'completed' && !reader.isComplete
    const times = { timeToFirstTokenMs, timePerChunkMs: this.#timePerChunkMs() }
    const ended = { status, facts, isFree, isUnfinished, delivered: came, costUsd, error, ...times }
    this.#resolve(completionOf(this.#call, rateCard, ended))
  }

  #sawChunk(atMs: number | undefined): void {
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

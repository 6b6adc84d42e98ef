import type { RateCard } from '../../pricing/index.ts'
import { recordOf } from '../../task.ts'
import { completionOf, type Ending } from '../complete.ts'
import type { ModelCall } from '../model-call.ts'
import type { Completion, StreamProgress } from '../model-result.ts'
import type { ByteReader } from '../wire-format.ts'
import type { Delivered, OpenStream } from './open-calls.ts'
import { END, type Piece, type PieceSource } from './piece-stream.ts'
import { StreamBrokenError } from './stream-broken-error.ts'

export type ByteStreamOptions = {
  readonly rateCard: RateCard
  /** Whether the answer costs nothing because a gateway had it in its cache. */
  readonly isFree: boolean
  readonly startedAtMs: number
  readonly now: () => number
}

/** Passes on an answer that is not text, such as audio, as it arrives. `completion` settles once, however it ends. */
export class ByteStream implements PieceSource, StreamProgress, OpenStream {
  readonly completion: Promise<Completion>
  readonly failure = undefined
  readonly #upstream: PieceSource
  readonly #call: ModelCall
  readonly #reader: ByteReader
  readonly #options: ByteStreamOptions
  readonly #resolve: (completion: Completion) => void
  #timeToFirstTokenMs: number | undefined
  #isOver = false
  #isWhole = false
  /** Why no more pieces follow. */
  #broken: { readonly error: unknown } | undefined

  constructor(upstream: PieceSource, call: ModelCall, reader: ByteReader, options: ByteStreamOptions) {
    this.#upstream = upstream
    this.#call = call
    this.#reader = reader
    this.#options = options
    const { promise, resolve } = Promise.withResolvers<Completion>()
    this.completion = promise
    this.#resolve = resolve
  }

  get isOpen(): boolean {
    return this.#timeToFirstTokenMs !== undefined
  }

  get hasBegun(): boolean {
    return this.isOpen
  }

  get isWhole(): boolean {
    return this.#isWhole
  }

  async next(): Promise<Piece> {
    if (this.#broken) throw this.#broken.error
    let piece: Piece
    try {
      piece = await this.#upstream.next()
    } catch (error) {
      throw this.#broke(error)
    }
    if (this.#broken) throw (this.#broken as { readonly error: unknown }).error
    if (piece.done) {
      this.#isWhole = true
      this.#finish('completed')
      return END
    }
    if (this.#timeToFirstTokenMs === undefined) {
      this.#timeToFirstTokenMs = this.#options.now() - this.#options.startedAtMs
      recordOf(this.#call.task)?.sign('model')
    }
    this.#reader.read(piece.value)
    return piece
  }

  async cancel(reason: unknown): Promise<void> {
    this.#finish('aborted', reason)
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
    this.#finish('aborted', error, delivered)
    this.#upstream.cancel(cause).catch(() => {})
  }

  #broke(cause: unknown): unknown {
    if (this.#broken) return this.#broken.error
    const { callerSignal, signal } = this.#call
    if (callerSignal.aborted) {
      this.#finish('aborted', callerSignal.reason)
      return callerSignal.reason
    }
    const { deliveredTokens } = this.#reader
    const error = new StreamBrokenError(this.#call.model, deliveredTokens, {
      cause: signal.aborted ? signal.reason : cause,
    })
    this.#broken = { error }
    this.#finish('broken', error)
    return error
  }

  #finish(status: Ending['status'], error?: unknown, delivered: Delivered = 'counted'): void {
    if (this.#isOver) return
    this.#isOver = true
    const { deliveredTokens: size } = this.#reader
    const { rateCard, isFree } = this.#options
    const came = delivered === 'unknown' ? undefined : ({ as: 'stream', size, bound: () => size } as const)
    const timeToFirstTokenMs = this.#timeToFirstTokenMs
    const facts = this.#reader.facts()
    this.#resolve(
      completionOf(this.#call, rateCard, { status, facts, isFree, delivered: came, error, timeToFirstTokenMs }),
    )
  }
}

import type { Completion, StreamProgress } from '../model-result.ts'
import type { StreamFailure } from '../wire-format.ts'
import type { OpenStream } from './open-calls.ts'
import type { Piece, PieceSource } from './piece-stream.ts'

/** An error body that did not arrive in time: the pieces that did, the pending read, and the source of the rest. */
export type BegunBody = {
  readonly pieces: readonly Uint8Array[]
  readonly awaited: Promise<Piece>
  readonly rest: PieceSource
}

/**
 * An error of the provider whose body is late. SDKs need only the status to retry, so the response is returned before its
 * end; a caller who reads the body waits for the rest.
 */
export class LateError implements PieceSource, StreamProgress, OpenStream {
  readonly isOpen = true
  readonly hasBegun = true
  readonly isWhole = false
  readonly failure: StreamFailure
  readonly completion: Promise<Completion>
  readonly #rest: PieceSource
  readonly #begun: Uint8Array[]
  readonly #end: () => void
  #awaited: Promise<Piece> | undefined
  #left: { readonly reason: unknown } | undefined

  constructor({ pieces, awaited, rest }: BegunBody, error: unknown, completion: Completion) {
    this.failure = { error, isTold: true }
    // The first piece is available at once, because a route waits for it before it tries another target.
    this.#begun = pieces.length > 0 ? [...pieces] : [new Uint8Array()]
    this.#awaited = awaited
    this.#rest = rest
    const ended = Promise.withResolvers<Completion>()
    this.completion = ended.promise
    this.#end = () => ended.resolve(completion)
    // It may never be read, and must not become an unhandled rejection.
    awaited.catch(() => {})
  }

  async next(): Promise<Piece> {
    this.#throwIfLeft()
    const value = this.#begun.shift()
    if (value) return { done: false, value }
    const awaited = this.#awaited ?? this.#rest.next()
    this.#awaited = undefined
    try {
      const piece = await awaited
      this.#throwIfLeft()
      if (piece.done) this.#end()
      return piece
    } catch (error) {
      this.#end()
      this.#throwIfLeft()
      throw error
    }
  }

  async cancel(reason: unknown): Promise<void> {
    this.#begun.length = 0
    this.#end()
    await this.#rest.cancel(reason)
  }

  abandon(reason: Error): void {
    this.leave(reason)
  }

  leave(reason: unknown): void {
    this.#left ??= { reason }
    this.cancel(reason).catch(() => {})
  }

  #throwIfLeft(): void {
    if (this.#left) throw this.#left.reason
  }
}

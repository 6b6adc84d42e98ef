import type { Completion, StreamProgress } from '../model-result.ts'
import type { StreamFailure } from '../wire-format.ts'
import type { OpenStream } from './open-calls.ts'
import type { Piece, PieceSource } from './piece-stream.ts'

/** What came in time of the body of an error: the pieces, the one that is awaited, and where the rest comes from. */
export type BegunBody = {
  readonly pieces: readonly Uint8Array[]
  readonly awaited: Promise<Piece>
  readonly rest: PieceSource
}

/**
 * An error of the provider whose body does not come: its status is all that an SDK needs to ask again, so that it is
 * handed on before its end, for whoever wants to wait for that.
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
    // The first piece is there at once, for a route that goes on to another target by it.
    this.#begun = pieces.length > 0 ? [...pieces] : [new Uint8Array()]
    this.#awaited = awaited
    this.#rest = rest
    const ended = Promise.withResolvers<Completion>()
    this.completion = ended.promise
    this.#end = () => ended.resolve(completion)
    // Nobody may ever come for it.
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

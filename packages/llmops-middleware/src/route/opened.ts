import { END, type PieceSource } from '../model/answer/index.ts'
import type { StreamBody } from '../model/index.ts'
import type { AttemptLimits } from './attempt-limits.ts'

/** Applies the limits of an attempt to a source. */
export function limited(pieces: PieceSource, limits: AttemptLimits): PieceSource {
  return {
    next: () =>
      pieces.next().then(
        (piece) => {
          if (!piece.done) limits.piece()
          return piece
        },
        (error) => {
          limits.end()
          throw error
        },
      ),
    cancel: (reason) => pieces.cancel(reason),
  }
}

/**
 * Reads the start of a stream before the caller gets it, so that a stream that breaks there can start again on another
 * target. Reads until there is more than the announcement of an answer; with `toTheEnd`, everything. Stops at the
 * provider's own error.
 *
 * @throws what broke the stream.
 */
export async function opened({ pieces, progress }: StreamBody, limits: AttemptLimits, toTheEnd: boolean) {
  const begun: Uint8Array[] = []
  for (;;) {
    const piece = await pieces.next().catch((error: unknown) => {
      // If a stream breaks after a complete answer, there is no reason to ask, and pay, for another one.
      if (!progress.isWhole) throw error
      return error as Error
    })
    if (piece instanceof Error) return replayed(begun, broken(piece))
    if (piece.done) return replayed(begun)
    begun.push(piece.value)
    if (progress.isOpen) limits.piece()
    const { failure, hasBegun } = progress
    if (failure?.isTold) {
      await pieces.cancel(undefined)
      return replayed(begun)
    }
    // If the SDK would not raise the provider's error, the end of the stream reports it.
    if (!toTheEnd && !failure && hasBegun) return replayed(begun, limited(pieces, limits))
  }
}

/** Returns a source with what was already read, then the rest. */
function replayed(begun: Uint8Array[], rest?: PieceSource): PieceSource {
  return {
    async next() {
      const value = begun.shift()
      return value ? { done: false, value } : rest ? rest.next() : END
    },
    async cancel(reason) {
      begun.length = 0
      await rest?.cancel(reason)
    },
  }
}

/** Returns a source that only rejects with this error. */
function broken(error: unknown): PieceSource {
  return { next: () => Promise.reject(error), cancel: async () => {} }
}

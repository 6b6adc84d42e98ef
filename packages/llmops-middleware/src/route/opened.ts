import { END, type PieceSource } from '../model/answer/index.ts'
import type { StreamBody } from '../model/index.ts'
import type { AttemptLimits } from './attempt-limits.ts'

/** A source under the limits of its attempt. */
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
 * A source whose beginning was read before anybody sees the answer, so that one that breaks or fails in it can start
 * anew: until it says more than that an answer begins, or with `toTheEnd` all of it. At the provider's own error it ends.
 *
 * @throws what broke the stream.
 */
export async function opened({ pieces, progress }: StreamBody, limits: AttemptLimits, toTheEnd: boolean) {
  const begun: Uint8Array[] = []
  for (;;) {
    const piece = await pieces.next().catch((error: unknown) => {
      // What breaks behind a whole answer is no reason to ask, and to pay, for another one.
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
    // What the provider did not tell its caller, the end of the stream does.
    if (!toTheEnd && !failure && hasBegun) return replayed(begun, limited(pieces, limits))
  }
}

/** What was read already, and then the rest. */
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

/** Nothing but this error. */
function broken(error: unknown): PieceSource {
  return { next: () => Promise.reject(error), cancel: async () => {} }
}

import { EventStreamParser, type PieceSource } from '../../model/answer/index.ts'

const encoder = new TextEncoder()

/**
 * The first event of a stream, and then the error: the first often says no more than who speaks; what is unreadable is
 * the second.
 */
export function breakOff(pieces: PieceSource, error: Error): PieceSource {
  const events = eventsOf(pieces)
  let passed = 0
  return {
    async next() {
      const { done, value } = await events.next()
      if (!done && passed++ === 0) return { done: false, value: encoder.encode(value) }
      // The provider goes on and charges for it; only the end of its stream says how much.
      void exhaust(pieces)
      throw error
    },
    cancel: (reason) => pieces.cancel(reason),
  }
}

async function* eventsOf(pieces: PieceSource): AsyncGenerator<string, undefined> {
  const parser = new EventStreamParser()
  for (let piece = await pieces.next(); !piece.done; piece = await pieces.next()) {
    for (const { raw } of parser.push(piece.value)) yield raw
  }
  for (const { raw } of parser.end()) yield raw
  return undefined
}

async function exhaust(pieces: PieceSource): Promise<void> {
  try {
    while (!(await pieces.next()).done);
  } catch {
    // It broke by itself as well; the completion of the call knows how.
  }
}

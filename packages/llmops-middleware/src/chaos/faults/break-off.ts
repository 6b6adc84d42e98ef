import { EventStreamParser, type PieceSource } from '../../model/answer/index.ts'

const encoder = new TextEncoder()

/** Returns a stream that ends with the error after its first event, which often contains only the role. */
export function breakOff(pieces: PieceSource, error: Error): PieceSource {
  const events = eventsOf(pieces)
  let passed = 0
  return {
    async next() {
      const { done, value } = await events.next()
      if (!done && passed++ === 0) return { done: false, value: encoder.encode(value) }
      // The provider goes on and charges for it, and only the end of its stream has the usage.
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
    // The stream failed too. The completion of the call has the error.
  }
}

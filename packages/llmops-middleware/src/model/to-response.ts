import { END, type Piece, type PieceSource, responseOf } from './answer/index.ts'
import type { Answer } from './model-result.ts'

/** Creates the `Response` for the SDK. */
export function toResponse({ status, headers, body, origin }: Answer): Response {
  const head = { status, headers, ...(origin && { statusText: origin.statusText }) }
  if (body.pieces) return responseOf(head, body.pieces, origin)
  return responseOf(head, new TextSource(body.text), origin, body)
}

const encoder = new TextEncoder()

/** A body with a text as its only piece. */
class TextSource implements PieceSource {
  #text: string

  constructor(text: string) {
    this.#text = text
  }

  async next(): Promise<Piece> {
    const text = this.#text
    this.#text = ''
    return text === '' ? END : { done: false, value: encoder.encode(text) }
  }

  async cancel(): Promise<void> {
    this.#text = ''
  }
}

import { HandedOnResponse } from './handed-on-response.ts'
import { type PieceSource, PieceStream } from './piece-stream.ts'

/** The head of an answer with a body that is still to come. */
export class StreamResponse extends HandedOnResponse {
  #body: ReadableStream<Uint8Array>

  constructor(from: Response, source: PieceSource) {
    super(from)
    this.#body = new PieceStream(source)
  }

  get body(): Response['body'] {
    return this.#body
  }

  get bodyUsed(): boolean {
    return this.isReadAsStandard || PieceStream.isDisturbed(this.#body)
  }

  clone(): Response {
    if (this.bodyUsed || this.#body.locked) throw new TypeError('Response.clone: Body has already been consumed.')
    const [body, other] = this.#body.tee()
    this.#body = body
    return new Response(other, this)
  }

  protected bodyToRead(): ReadableStream<Uint8Array> {
    return this.#body
  }
}

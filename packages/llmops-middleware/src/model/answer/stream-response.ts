import { HandedOnResponse, type ResponseHead } from './handed-on-response.ts'
import { type PieceSource, PieceStream } from './piece-stream.ts'

/** The head of an answer with a body that is still to come. */
export class StreamResponse extends HandedOnResponse {
  readonly #source: PieceSource
  /** Made when somebody asks for it as a stream. */
  #body: ReadableStream<Uint8Array> | undefined
  #isRead = false
  #isShared = false

  constructor(head: ResponseHead, source: PieceSource) {
    super(head)
    this.#source = source
  }

  get body(): ReadableStream<Uint8Array> {
    this.#body ??= new PieceStream(this.#source)
    return this.#body
  }

  get bodyUsed(): boolean {
    return this.#isRead || this.isReadAsStandard || (this.#body !== undefined && PieceStream.isDisturbed(this.#body))
  }

  /** Whether somebody reads it, has read it, or may read a copy of it. */
  get isBegun(): boolean {
    return this.bodyUsed || this.#isShared || this.#body?.locked === true
  }

  override async text(): Promise<string> {
    if (this.#body || this.#isRead) return super.text()
    this.#isRead = true
    const pieces: Uint8Array[] = []
    for (let piece = await this.#source.next(); !piece.done; piece = await this.#source.next()) pieces.push(piece.value)
    return new TextDecoder().decode(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces))
  }

  override async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  clone(): Response {
    if (this.bodyUsed || this.body.locked) throw new TypeError('Response.clone: Body has already been consumed.')
    const [body, other] = this.body.tee()
    this.#body = body
    this.#isShared = true
    return new Response(other, this)
  }

  protected bodyToRead(): ReadableStream<Uint8Array> {
    if (this.bodyUsed) throw new TypeError('Body is unusable: Body has already been read')
    return this.body
  }
}

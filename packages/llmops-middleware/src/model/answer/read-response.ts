import { HandedOnResponse, type ResponseHead } from './handed-on-response.ts'

/**
 * The provider's answer after it was read: hands on the text and the value that are there already, instead of a body
 * that is encoded, streamed, decoded and parsed once more. Whoever wants the body as a stream gets it as one.
 */
export class ReadResponse extends HandedOnResponse {
  readonly #text: string
  /** Undefined where the text is no JSON, or was not parsed. */
  readonly #value: unknown
  #isRead = false

  constructor(head: ResponseHead, text: string, value?: unknown) {
    super(head)
    this.#text = text
    this.#value = value
  }

  get body(): Response['body'] {
    return this.standard().body
  }

  get bodyUsed(): boolean {
    return this.#isRead || this.isReadAsStandard
  }

  override async text(): Promise<string> {
    this.#take()
    return this.#text
  }

  override async json(): Promise<unknown> {
    this.#take()
    return this.#value ?? JSON.parse(this.#text)
  }

  clone(): Response {
    if (this.bodyUsed) throw new TypeError('Response.clone: Body has already been consumed.')
    // A value is shared by nobody, so the copy parses one of its own.
    return new ReadResponse(this, this.#text)
  }

  protected bodyToRead(): string {
    this.#refuseIfRead()
    return this.#text
  }

  #take(): void {
    this.#refuseIfRead()
    this.#isRead = true
  }

  #refuseIfRead(): void {
    if (this.bodyUsed) throw new TypeError('Body is unusable: Body has already been read')
  }
}

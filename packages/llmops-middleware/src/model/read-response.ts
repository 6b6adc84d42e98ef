/** `Response` as its standard has it: accessors and methods, which the types of Node declare as properties. */
declare class StandardResponse {
  constructor(body: null, init: ResponseInit)
  readonly status: number
  readonly headers: Headers
  get body(): Response['body']
  get bodyUsed(): boolean
  text(): Promise<string>
  json(): Promise<unknown>
  arrayBuffer(): Promise<ArrayBuffer>
  blob(): Promise<Blob>
  bytes(): ReturnType<Response['bytes']>
  formData(): ReturnType<Response['formData']>
  clone(): Response
}

/** The provider's answer with its body as it was read: its text, and the value of that text as JSON. */
export function readResponse(text: string, value: unknown, from: Response): Response {
  return new ReadResponse(text, value, from) as unknown as Response
}

/**
 * The provider's answer after it was read: hands on the text and the value that are there already, instead of a body
 * that is encoded, streamed, decoded and parsed once more. Whoever wants the body as a stream gets it as one.
 */
class ReadResponse extends (Response as unknown as typeof StandardResponse) {
  readonly #text: string
  readonly #value: unknown
  /** Made for the ways of reading that are rare. */
  #streamed: Response | undefined
  #isRead = false

  constructor(text: string, value: unknown, from: Response) {
    super(null, { status: from.status, statusText: from.statusText, headers: from.headers })
    // Of the bytes on the wire, which are gone.
    this.headers.delete('content-length')
    this.headers.delete('content-encoding')
    this.#text = text
    this.#value = value
  }

  override get body(): Response['body'] {
    return this.#whole().body
  }

  override get bodyUsed(): boolean {
    return this.#isRead || (this.#streamed?.bodyUsed ?? false)
  }

  override async text(): Promise<string> {
    this.#take()
    return this.#text
  }

  override async json(): Promise<unknown> {
    this.#take()
    return this.#value
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return this.#whole().arrayBuffer()
  }

  override blob(): Promise<Blob> {
    return this.#whole().blob()
  }

  override bytes(): ReturnType<Response['bytes']> {
    return this.#whole().bytes()
  }

  override formData(): ReturnType<Response['formData']> {
    return this.#whole().formData()
  }

  override clone(): Response {
    if (this.bodyUsed) throw new TypeError('Response.clone: Body has already been consumed.')
    // A value is shared by nobody, so the copy has one of its own.
    return readResponse(this.#text, JSON.parse(this.#text), this as unknown as Response)
  }

  #take(): void {
    if (this.bodyUsed) throw new TypeError('Body is unusable: Body has already been read')
    this.#isRead = true
  }

  #whole(): Response {
    if (this.#isRead) throw new TypeError('Body is unusable: Body has already been read')
    this.#streamed ??= new Response(this.#text, { headers: this.headers })
    return this.#streamed
  }
}

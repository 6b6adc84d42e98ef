/**
 * The provider's answer with a body of ours in place of the one that was read. Its status, URL and headers are the
 * provider's own: copying the headers of one answer costs more than all the layers together.
 */
export abstract class HandedOnResponse implements Response {
  readonly #from: Response
  /** Made for the ways of reading that are rare. */
  #standard: Response | undefined

  constructor(from: Response) {
    this.#from = from
  }

  /** What a standard response can have as its body. */
  protected abstract bodyToRead(): string | ReadableStream<Uint8Array>

  abstract readonly body: Response['body']
  abstract readonly bodyUsed: boolean
  abstract clone(): Response

  get status(): number {
    return this.#from.status
  }

  get statusText(): string {
    return this.#from.statusText
  }

  get ok(): boolean {
    return this.#from.ok
  }

  get headers(): Headers {
    return this.#from.headers
  }

  get url(): string {
    return this.#from.url
  }

  get redirected(): boolean {
    return this.#from.redirected
  }

  get type(): Response['type'] {
    return this.#from.type
  }

  text(): Promise<string> {
    return this.standard().text()
  }

  json(): Promise<unknown> {
    return this.standard().json()
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.standard().arrayBuffer()
  }

  blob(): Promise<Blob> {
    return this.standard().blob()
  }

  bytes(): ReturnType<Response['bytes']> {
    return this.standard().bytes()
  }

  formData(): ReturnType<Response['formData']> {
    return this.standard().formData()
  }

  protected standard(): Response {
    this.#standard ??= new Response(this.bodyToRead(), { headers: this.headers })
    return this.#standard
  }

  protected get isReadAsStandard(): boolean {
    return this.#standard?.bodyUsed ?? false
  }
}

// An `instanceof Response` without what its constructor does: a second set of headers and a body that nobody reads.
Object.setPrototypeOf(HandedOnResponse.prototype, Response.prototype)

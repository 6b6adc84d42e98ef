/** What an answer says before its body. */
export type ResponseHead = Pick<Response, 'status' | 'statusText' | 'ok' | 'headers' | 'url' | 'redirected' | 'type'>

/**
 * The provider's answer with a body of ours in place of the one that was read. Its status, URL and headers are the
 * provider's own: copying the headers of one answer costs more than all the layers together.
 */
export abstract class HandedOnResponse implements Response {
  readonly #head: ResponseHead
  /** The provider's and ours: made where there is one of ours. */
  #headers: Headers | undefined
  /** Made for the ways of reading that are rare. */
  #standard: Response | undefined

  constructor(head: ResponseHead) {
    this.#head = head
  }

  /** What a standard response can have as its body. */
  protected abstract bodyToRead(): string | ReadableStream<Uint8Array>

  abstract readonly body: Response['body']
  abstract readonly bodyUsed: boolean
  abstract clone(): Response

  get status(): number {
    return this.#head.status
  }

  get statusText(): string {
    return this.#head.statusText
  }

  get ok(): boolean {
    return this.#head.ok
  }

  get headers(): Headers {
    return this.#headers ?? this.#head.headers
  }

  addHeader(name: string, value: string): void {
    this.#headers ??= new Headers(this.#head.headers)
    this.#headers.set(name, value)
  }

  get url(): string {
    return this.#head.url
  }

  get redirected(): boolean {
    return this.#head.redirected
  }

  get type(): Response['type'] {
    return this.#head.type
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

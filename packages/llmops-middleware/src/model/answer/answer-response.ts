import { type PieceSource, PieceStream } from './piece-stream.ts'

/** Properties of the provider's response that the constructor of `Response` does not accept. */
export type ResponseOrigin = Pick<Response, 'url' | 'redirected' | 'type'>

/** A body that was read: its text, and its value where it was parsed. */
export type ReadBody = { readonly text: string; readonly value?: unknown }

type Init = ConstructorParameters<typeof Response>[1]
type Body = ConstructorParameters<typeof Response>[0]

/** The type of `Response` declares fields; the standard has getters and methods, which a class can override. */
interface StandardResponse
  extends Omit<Response, 'status' | 'statusText' | 'url' | 'redirected' | 'type' | 'text' | 'json' | 'clone'> {
  get status(): number
  get statusText(): string
  get url(): string
  get redirected(): boolean
  get type(): Response['type']
  text(): Promise<string>
  json(): Promise<unknown>
  clone(): Response
}

/** Defined with the first answer, because using the global `Response` loads Node's own undici, which takes 20 ms. */
let defined: ReturnType<typeof defineAnswerResponse> | undefined

/**
 * A `Response` with the origin of the provider's response. `text()` and `json()` return a body that was already read,
 * instead of encoding, streaming, decoding and parsing it again. All other ways to read it are the standard's.
 */
function defineAnswerResponse() {
  const Standard = Response as unknown as new (body?: Body, init?: Init) => StandardResponse

  class AnswerResponse extends Standard {
    readonly #status: number
    readonly #statusText: string
    readonly #origin: ResponseOrigin | undefined
    readonly #read: ReadBody | undefined

    constructor(body: Body, head: ResponseHead, origin?: ResponseOrigin, read?: ReadBody) {
      super(body, acceptedHead(head))
      this.#status = head.status
      this.#statusText = head.statusText ?? ''
      this.#origin = origin
      this.#read = read
    }

    override get status(): number {
      // The constructor of the standard reads it before there is a field.
      return #status in this ? this.#status : super.status
    }

    override get statusText(): string {
      return this.#statusText
    }

    override get url(): string {
      return this.#origin?.url ?? super.url
    }

    override get redirected(): boolean {
      return this.#origin?.redirected ?? super.redirected
    }

    override get type(): Response['type'] {
      return this.#origin?.type ?? super.type
    }

    override async text(): Promise<string> {
      if (!this.#isFresh) return super.text()
      const pieces = PieceStream.sourceOf(this.body!)
      return this.#read?.text ?? (await textOf(pieces))
    }

    override async json(): Promise<unknown> {
      if (this.#read?.value === undefined || !this.#isFresh) return JSON.parse(await this.text())
      PieceStream.sourceOf(this.body!)
      return this.#read.value
    }

    override clone(): AnswerResponse {
      // Without the parsed value: two readers must not share one object.
      const { status, statusText, headers } = this
      return new AnswerResponse(super.clone().body, { status, statusText, headers }, this.#origin)
    }

    get #isFresh(): boolean {
      const { body } = this
      return body instanceof PieceStream && !body.locked && !PieceStream.isDisturbed(body)
    }
  }

  // Code that creates a response by `response.constructor` gets a standard one.
  Object.defineProperty(AnswerResponse.prototype, 'constructor', {
    value: Response,
    configurable: true,
    writable: true,
  })
  return AnswerResponse
}

async function textOf(pieces: PieceSource): Promise<string> {
  const read: Uint8Array[] = []
  for (let piece = await pieces.next(); !piece.done; piece = await pieces.next()) read.push(piece.value)
  return new TextDecoder().decode(read.length === 1 ? read[0] : Buffer.concat(read))
}

/** Statuses with which a `Response` cannot have a body. */
const WITHOUT_BODY = [101, 103, 204, 205, 304]
/** The highest status that the constructor of `Response` accepts. */
const HIGHEST_STATUS = 599
/** The reason phrases that it accepts. Servers also send others, in UTF-8, which the standard `fetch` passes on. */
const REASON_PHRASE = /^[\t\x20-\x7e\x80-\xff]*$/

export type ResponseHead = {
  readonly status: number
  readonly statusText?: string
  readonly headers: NonNullable<NonNullable<Init>['headers']>
}

/** Returns the head as the constructor of `Response` accepts it. It throws for some that servers send. */
export function acceptedHead({ status, statusText = '', headers }: ResponseHead): ResponseHead {
  return {
    status: Math.min(status, HIGHEST_STATUS),
    statusText: REASON_PHRASE.test(statusText) ? statusText : '',
    headers,
  }
}

/** Creates a response whose body has these pieces. */
export function responseOf(
  head: ResponseHead,
  pieces: PieceSource,
  origin?: ResponseOrigin,
  read?: ReadBody,
): Response {
  const body = WITHOUT_BODY.includes(head.status) ? null : new PieceStream(pieces)
  defined ??= defineAnswerResponse()
  return new defined(body, head, origin, read)
}

/** Whether a body belongs to a governed call. */
export function isAnswer(body: ReadableStream): boolean {
  return body instanceof PieceStream
}

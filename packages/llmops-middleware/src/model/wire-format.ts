import { type ChecksOf, flag, func, implementing, listOf, required, text, where, whole } from '../check.ts'
import type { BillingTerms } from '../pricing/index.ts'
import type { Usage } from '../usage.ts'
import type { Attachments } from './input/attachments.ts'
import type { ModelRequest } from './model-call.ts'

/**
 * Everything that varies by provider, as pure functions: recognise, read, write, read usage, refuse. Pass your own formats
 * to `createLlmOps({ formats })`; a new built-in format is one file and one line in the list of formats.
 */
export interface WireFormat {
  /** Its name, for errors and logs. */
  readonly name: string
  /** `gen_ai.operation.name`: `chat`, `embeddings`. */
  readonly operation: string
  /**
   * Whether a POST to this URL speaks this format.
   *
   * @param url where the request goes
   */
  recognises(url: URL): boolean
  /** URLs that it recognises. They are used at start to find formats that claim the same URLs. @default none */
  readonly exampleUrls?: readonly string[]
  /** The longest request that the provider accepts, by its documentation. A longer one is refused. */
  readonly maxRequestBytes: number
  /**
   * `gen_ai.provider.name` of this URL.
   *
   * @param url where the request goes
   */
  provider(url: URL): string
  /** Returns the maker of all models at this URL: `openai`, `anthropic`, `google`; undefined if there are several. */
  maker?(url: URL): string | undefined
  /**
   * Returns whether this host is known to end each stream as the format promises, so that any other end is a cut (the
   * option `finish`).
   *
   * @default true
   */
  promisesEnd?(url: URL): boolean
  /** Whether requests may be forms with files. `read` then gets their fields, and the text has one character per byte. @default false */
  readonly takesForms?: boolean
  /**
   * What the layers need of the request; undefined when the body is not one of this format.
   *
   * @param url where the request goes
   * @param body its body, parsed
   * @param headers its headers
   */
  read(url: URL, body: Readonly<Record<string, unknown>>, headers?: Headers): RequestFacts | undefined
  /**
   * The same request for another model or another output cap; a stream is also asked for its usage. What the application
   * gave keeps its name; of what is added, the `refused` fields get another name, or are left out.
   *
   * @param request the request as it came
   * @param refused added fields that the provider refuses
   */
  write(
    request: ModelRequest,
    change: RequestChange,
    refused?: ReadonlySet<string>,
  ): { readonly url: URL; readonly text: string; readonly headers?: Readonly<Record<string, string>> }
  /** Fields that `write` may add. If a 400 or 422 names one of them, the request is sent again without it. @default none */
  readonly addedFields?: readonly string[]
  /** Returns the added fields that this URL is known to refuse. @default none */
  refusedFields?(url: URL): ReadonlySet<string> | undefined
  /**
   * Translates the body for another model: a parameter that the model refuses is replaced by an equivalent one. Without an
   * equivalent, the call cannot move to that model.
   *
   * @default every model accepts the body unchanged
   */
  translate?(body: Readonly<Record<string, unknown>>, model: string): Translation
  /**
   * Usage, model and finish reasons of a whole JSON answer.
   *
   * @param body the answer, parsed
   */
  readAnswer(body: Readonly<Record<string, unknown>>): AnswerFacts
  /**
   * A fresh reader for an answer that is passed on byte by byte, for it is not JSON: sound, subtitles. Undefined where it is
   * to be read as JSON. @default every answer is JSON
   *
   * @internal
   */
  byteReader?(request: ModelRequest, headers: Headers): ByteReader | undefined
  /**
   * A fresh reader for the events of one stream.
   *
   * @param request the request that the stream answers
   */
  streamReader(request: ModelRequest): StreamReader
  /** Returns an error in the provider's own format, so that its SDK raises its own error class. */
  errorBody(error: ErrorFacts): unknown
}

/** What a wire format reads from a request. */
export type RequestFacts = {
  /** The model that is asked for. */
  readonly model: string
  /** What is not text of the body: pictures, files, what it only refers to. Undefined: it is all text. @internal */
  readonly attachments?: Attachments
  /** The tokens to hold for all input. @default counted from the text of the body and its attachments */
  readonly textTokens?: number
  /** How many inputs there are, each of which can fill a context. @default 1 */
  readonly inputs?: number
  /** The output cap in tokens of all choices together; undefined if the request has none. */
  readonly maxOutputTokens: number | undefined
  /** Whether the request cannot have a cap. @default false */
  readonly takesNoCap?: boolean
  /** How many answers it asks for, each of which can be as long as the model allows. @default 1 */
  readonly answers?: number | undefined
  /** The part of the cap that is reserved for thinking: a lower cap is refused, or leaves no answer. @default 0 */
  readonly thinkingTokens?: number | undefined
  /** What the price depends on besides tokens. @default nothing */
  readonly terms?: BillingTerms | undefined
  /** Whether the answer is to be streamed. */
  readonly isStream: boolean
}

/** `maxOutputTokens` undefined leaves the request without a cap. */
export type RequestChange = {
  /** The model to ask. */
  readonly model: string
  /** The output cap to write. */
  readonly maxOutputTokens: number | undefined
}

/** `refused` is the parameter that the model does not accept. */
export type Translation = { readonly body: Readonly<Record<string, unknown>> } | { readonly refused: string }

export type AddedUsage = {
  readonly model?: string
  /** The model whose price applies if that of `model` is not known. @default the model of the call */
  readonly pricedLike?: string
  readonly usage: Usage
}

/** What a wire format reads from an answer. */
export type AnswerFacts = {
  /** What the provider billed. */
  readonly usage?: Usage
  /** What is billed by the piece. @default what was held for it */
  readonly pieces?: PieceUsage
  /** Usage that is billed but not included in `usage`: compaction, advice of another model, generated images. */
  readonly addedUsage?: readonly AddedUsage[]
  /** The usage that was reported before, or without, the full one. Its output is at least billed. @default nothing is known */
  readonly inputUsage?: Usage
  /** Whether the response runs in the background. A later request for its `id` returns its usage. */
  readonly isPending?: boolean
  /** The provider's id of the answer. */
  readonly id?: string
  /** The cost of the call that a gateway reports, in US dollars. */
  readonly costUsd?: number
  /** Ids that later requests may refer to, with the most input tokens of each. */
  readonly kept?: readonly (readonly [id: string, tokens: number])[]
  /** Whether the provider ran tools, so that the same request may have more input next time. */
  readonly findsMore?: boolean
  /** The provider's own error, instead of the answer or of its rest. */
  readonly error?: unknown
  /** The model that the provider says answered. */
  readonly model?: string
  /** Why each choice ended. */
  readonly finishReasons?: readonly string[]
}

export type PieceUsage = Pick<Usage, 'pictures' | 'characters' | 'audioSeconds'>

export interface ByteReader {
  read(bytes: Uint8Array): void
  /** The most output tokens that the delivered bytes can be. */
  readonly deliveredTokens: number
  facts(): AnswerFacts
}

/** An error that is answered in place of the provider. */
export type ErrorFacts = {
  /** What happened, in words. */
  readonly message: string
  /** The kind of error, in the provider's words. */
  readonly type: string
  /** The stable code. */
  readonly code: string
  /** More fields of the error in the body. */
  readonly details?: Readonly<Record<string, unknown>>
}

/**
 * - `forward`: pass the event on unchanged
 * - `drop`: hide it, because only we asked for it
 * - `malformed`: its data cannot be read, so a part of the answer is missing
 */
export type EventVerdict = 'forward' | 'drop' | 'malformed'

/** The provider's own error inside a stream. */
export type StreamFailure = {
  /** What the provider said. */
  readonly error: unknown
  /** Whether SDKs raise it when they read the event. Otherwise they would treat what arrived as a complete answer. */
  readonly isTold: boolean
}

/** Reads the events of one stream, one after the other. */
export interface StreamReader {
  /**
   * Takes one event, whose data is not empty. `raw` is the text that it came in.
   *
   * @param event the name of the event, in formats that name events
   * @param data its data
   * @param raw the text that it came in
   */
  read(event: string | undefined, data: string, raw?: string): EventVerdict
  /**
   * Reads a piece of the body that is one event and differs from an earlier event only in its text. The piece is passed on
   * without being parsed. Returns false, and reads nothing, for any other piece.
   */
  readPiece?(piece: Uint8Array): boolean
  /** The provider's error, if it has failed. */
  readonly failure: StreamFailure | undefined
  /** Whether it has delivered more than the announcement of an answer. */
  readonly hasBegun: boolean
  /** Whether the end that the format promises has arrived. A stream that ends without it was cut. */
  readonly isComplete: boolean
  /** Tokens delivered so far, estimated from the events and their text. */
  readonly deliveredTokens: number
  /** Whether more tokens may be billed than the events contain, such as hidden reasoning. */
  readonly hidesTokens: boolean
  /** Returns what was read so far. */
  facts(): AnswerFacts
}

const url = where('a URL', (value) => typeof value === 'string' && URL.canParse(value))

export const WIRE_FORMAT = implementing('a wire format', {
  name: required(text),
  operation: required(text),
  recognises: required(func),
  exampleUrls: listOf(url),
  maxRequestBytes: required(whole(1, undefined, 'bytes')),
  provider: required(func),
  maker: func,
  promisesEnd: func,
  takesForms: flag,
  read: required(func),
  write: required(func),
  addedFields: listOf(text),
  refusedFields: func,
  translate: func,
  readAnswer: required(func),
  byteReader: func,
  streamReader: required(func),
  errorBody: required(func),
} satisfies ChecksOf<WireFormat>)

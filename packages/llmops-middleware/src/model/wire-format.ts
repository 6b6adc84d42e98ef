import { type ChecksOf, flag, func, implementing, listOf, required, text, where, whole } from '../check.ts'
import type { BillingTerms } from '../pricing/index.ts'
import type { Usage } from '../usage.ts'
import type { Attachments } from './input/attachments.ts'
import type { ModelRequest } from './model-call.ts'

/**
 * Everything that varies by provider, as pure functions: recognise, read, write, read usage, refuse. One of your own goes
 * into `createLlmOps({ formats })`; a built-in one is a new file and a line in the list of formats.
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
  /** URLs that it recognises, by which formats that claim the same are found when they are configured. @default none */
  readonly exampleUrls?: readonly string[]
  /** The longest request that the provider documents to take; a longer one is refused as it would be there. */
  readonly maxRequestBytes: number
  /**
   * `gen_ai.provider.name` of this URL.
   *
   * @param url where the request goes
   */
  provider(url: URL): string
  /** Who makes every model that answers at this URL: `openai`, `anthropic`, `google`; undefined where it can be anyone. */
  maker?(url: URL): string | undefined
  /**
   * Whether this host is known to end each stream as the format promises, so that one that ends in another way is cut
   * (the option `finish`). @default true
   */
  promisesEnd?(url: URL): boolean
  /** Whether its requests may be forms with files: `read` gets their fields, and the text of the request is its bytes. @default false */
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
  /** Fields that `write` may add. One that the provider's 400 or 422 names is asked for again without. @default none */
  readonly addedFields?: readonly string[]
  /** Those of them that this URL is known to refuse. @default none */
  refusedFields?(url: URL): ReadonlySet<string> | undefined
  /**
   * The body for another model: a parameter that the model refuses is said in its words where they mean the same, else the
   * call is not for it. Default: every model takes what the application wrote.
   */
  translate?(body: Readonly<Record<string, unknown>>, model: string): Translation
  /**
   * Usage, model and finish reasons of a whole JSON answer.
   *
   * @param body the answer, parsed
   */
  readAnswer(body: Readonly<Record<string, unknown>>): AnswerFacts
  /**
   * A fresh reader for an answer that is handed on byte by byte, for it is no JSON: sound, subtitles. Undefined where it is
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
  /** The provider's own error shape, so that its SDK raises its own error class. */
  errorBody(error: ErrorFacts): unknown
}

/** What a wire format reads from a request. */
export type RequestFacts = {
  /** The model that is asked for. */
  readonly model: string
  /** What is not text of the body: pictures, files, what it only refers to. Undefined: it is all text. @internal */
  readonly attachments?: Attachments
  /** What is held for all of its input, where that is not the text of the body and its attachments. */
  readonly textTokens?: number
  /** How many inputs there are that each fill a context of their own. @default 1 */
  readonly inputs?: number
  /** The cap on generated tokens, all choices together; undefined when the request names none. */
  readonly maxOutputTokens: number | undefined
  /** The format has no word for a cap, so that none can be written. @default false */
  readonly takesNoCap?: boolean
  /** How many answers it asks for, which each can be as long as the model allows. @default 1 */
  readonly answers?: number | undefined
  /** How much of that cap the request sets aside for thinking: a lower cap is refused, or leaves no answer. @default 0 */
  readonly thinkingTokens?: number | undefined
  /** What its price depends on beside its tokens. @default nothing */
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

/** `refused` names the parameter that the model does not take. */
export type Translation = { readonly body: Readonly<Record<string, unknown>> } | { readonly refused: string }

export type AddedUsage = {
  readonly model?: string
  /** The model whose price it has where that of `model` is not known. Default: the call's. */
  readonly pricedLike?: string
  readonly usage: Usage
}

/** What a wire format reads from an answer. */
export type AnswerFacts = {
  /** What the provider billed. */
  readonly usage?: Usage
  /** What was billed by the piece. @default what was held for it */
  readonly pieces?: PieceUsage
  /** Billed beside `usage` and not in it: compaction, advice of another model and its pictures. Without a model it is the call's. */
  readonly addedUsage?: readonly AddedUsage[]
  /** What a stream said of its input before its whole usage; its output is 0. */
  readonly inputUsage?: Usage
  /** It goes on in the background: what it used is told to whoever asks for it by its `id`. */
  readonly isPending?: boolean
  /** The provider's id of the answer. */
  readonly id?: string
  /** What a gateway says that the call cost, in US dollars. */
  readonly costUsd?: number
  /** Ids that later requests may refer to, and the input tokens that each is at most. */
  readonly kept?: readonly (readonly [id: string, tokens: number])[]
  /** The provider ran tools, so that the same request may bring more another time. */
  readonly findsMore?: boolean
  /** The provider's own error, in place of the answer or of its rest. */
  readonly error?: unknown
  /** The model that the provider says answered. */
  readonly model?: string
  /** Why each choice ended. */
  readonly finishReasons?: readonly string[]
}

export type PieceUsage = Pick<Usage, 'pictures' | 'characters' | 'audioSeconds'>

export interface ByteReader {
  read(bytes: Uint8Array): void
  /** The most output tokens that what came can be. */
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
 * - `forward`: hand the event on as it came
 * - `drop`: hide it, for only we asked for it
 * - `malformed`: its data cannot be read, so a piece of the answer is missing
 */
export type EventVerdict = 'forward' | 'drop' | 'malformed'

/** The provider's own error inside a stream. */
export type StreamFailure = {
  /** What the provider said. */
  readonly error: unknown
  /** Whether SDKs tell their caller when they read the event. The others take the rest for a whole answer. */
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
   * Takes a piece of the body that is one event which needs no look, for it is like one before but for its text, and is
   * handed on. False for any other piece, which it then does not take.
   */
  readPiece?(piece: Uint8Array): boolean
  /** Undefined while the provider has not failed. */
  readonly failure: StreamFailure | undefined
  /** Whether it has said more than that an answer begins. */
  readonly hasBegun: boolean
  /** Whether the stream said that its answer is whole: a clean end without this is a cut. */
  readonly isComplete: boolean
  /** Tokens delivered so far, estimated from the events and their text. */
  readonly deliveredTokens: number
  /** Whether more may have been generated, and is billed, than any event shows: reasoning of some models. */
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

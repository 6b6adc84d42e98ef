import type { ModelRequest } from './model-call.ts'
import type { Usage } from './usage.ts'

/**
 * Everything that varies by provider, as pure functions: recognise, read, write, read usage, refuse.
 * A new provider is one new file and one line in the list of formats.
 */
export interface WireFormat {
  readonly name: string
  /** `gen_ai.operation.name`: `chat`, `embeddings`. */
  readonly operation: string
  /** Whether a POST to this URL speaks this format. */
  recognises(url: URL, headers: Headers): boolean
  /** `gen_ai.provider.name` of this URL. */
  provider(url: URL): string
  /** What the layers need of the request; undefined when the body is not one of this format. */
  read(url: URL, body: Readonly<Record<string, unknown>>): RequestFacts | undefined
  /** The same request for another model or another output cap; in a stream it also asks for usage. */
  write(request: ModelRequest, change: RequestChange): { url: URL; text: string }
  /** Usage, model and finish reasons of a whole JSON answer. */
  readAnswer(body: unknown): AnswerFacts
  /** A fresh reader for the events of one stream. */
  streamReader(request: ModelRequest): StreamReader
  /** The provider's own error shape, so that its SDK raises its own error class. */
  errorBody(error: { message: string; type: string; code: string; details?: Record<string, unknown> }): unknown
}

export type RequestFacts = {
  readonly model: string
  /** An upper bound of the input tokens, tools and images included. */
  readonly inputTokens: number
  readonly maxOutputTokens: number | undefined
  readonly isStream: boolean
}

export type RequestChange = { readonly model: string; readonly maxOutputTokens: number | undefined }

export type AnswerFacts = {
  readonly usage?: Usage
  readonly model?: string
  readonly finishReasons?: readonly string[]
}

export interface StreamReader {
  /** Takes one event's data; `drop` hides an event that we asked for and the application did not. */
  read(event: { readonly event: string | undefined; readonly data: string }): 'forward' | 'drop'
  /** Whether the stream said that it is complete: a clean end without this is a cut. */
  readonly isComplete: boolean
  /** Tokens delivered so far, an estimate that is not below the truth. */
  readonly deliveredTokens: number
  facts(): AnswerFacts
}

import type { Generated } from './generate.ts'

/** How a format of a provider writes what was generated. How it reads a request is left to whoever answers. */
export interface AnswerFormat {
  /** Returns the body of an answer that is not streamed. */
  json(generated: Generated, request: AnswerRequest): unknown
  /** The events of a stream, in order, the terminator included. */
  events(generated: Generated, request: AnswerRequest): Iterable<StreamEvent>
  /** Returns the body of a refusal. */
  error(refusal: Refusal): unknown
}

/** What an answer depends on in its request. */
export type AnswerRequest = {
  /** Whether a stream of chat completions tells its usage; the others always do. */
  readonly wantsUsage: boolean
  /** Whether noise hides the sizes of the pieces of a stream. */
  readonly isPadded?: boolean
  /** What a response repeats of its request. */
  readonly echo?: Readonly<Record<string, unknown>>
  /** Of embeddings: what is embedded, and how. */
  readonly embed?: Embedding
}

/** What a request of embeddings asks for. */
export type Embedding = {
  /** The inputs. */
  readonly texts: readonly string[]
  /** How many numbers each embedding has. @default that of the model */
  readonly dimensions?: number | undefined
  /** Whether the numbers are written as base64. @default false */
  readonly isBase64?: boolean
}

/** A refusal, as a provider answers it. */
export type Refusal = {
  /** The HTTP status. */
  readonly status: number
  /** The provider's code. */
  readonly code: string | null
  /** What happened, in words. */
  readonly message: string
  /** The kind of error, in the provider's words. */
  readonly type?: string
  /** The parameter of the request that is refused. */
  readonly param?: string
  /** What Azure says of its content filter. */
  readonly innererror?: unknown
}

/** One event of a stream. */
export type StreamEvent = {
  /** Its name, in formats that name events. */
  readonly event?: string
  /** Its data, as text. */
  readonly data: string
  /** Tokens that the provider generated for this event. */
  readonly tokens: number
  /** `closing` says how the answer ended; `terminator` that nothing follows. */
  readonly part?: 'closing' | 'terminator'
}

import type { Generated } from './generate.ts'

/** How a format of a provider writes what was generated. How it reads a request is left to whoever answers. */
export interface AnswerFormat {
  json(generated: Generated, request: AnswerRequest): unknown
  /** The events of a stream, in order, the terminator included. */
  events(generated: Generated, request: AnswerRequest): Iterable<StreamEvent>
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
}

export type Refusal = {
  readonly status: number
  readonly code: string | null
  readonly message: string
  readonly type?: string
  readonly param?: string
  /** What Azure says of its content filter. */
  readonly innererror?: unknown
}

export type StreamEvent = {
  readonly event?: string
  readonly data: string
  /** Tokens that the provider generated for this event. */
  readonly tokens: number
  /** `closing` says how the answer ended; `terminator` that nothing follows. */
  readonly part?: 'closing' | 'terminator'
}

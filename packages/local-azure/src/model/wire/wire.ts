import type { TestRefusal, wire } from 'llmops-middleware/testing'
import type { Conversation, Reply } from '../brain/conversation.ts'

/** One wire format: how a request is read and how what was generated is written. */
export interface Wire extends AnswerFormat {
  /** The deployment named in the path, '' when the path has none; undefined when it is not this format. */
  match(path: string): string | undefined
  read(body: Readonly<Record<string, unknown>>, deployment: string): WireRequest | WireError
}

export type WireRequest = {
  readonly conversation: Conversation
  readonly isStream: boolean
  /** Whether the last message is the assistant's: a prefill. */
  readonly isPrefilled: boolean
  /** Who the client says it asks for. */
  readonly user: string | undefined
  /** What a model refuses that another would take; undefined is nothing. */
  readonly refusedBy?: (model: string) => WireError | undefined
  /** A format that asks for no words brings its own answer. */
  readonly reply?: Reply
  /** A format with its own way of counting brings its count. */
  readonly inputTokens?: number
}

export type WireError = TestRefusal

export function isWireError<Read extends object>(read: Read | WireError): read is WireError {
  return 'status' in read
}

/** How a format writes what was generated; how it reads a request is left to this model. */
type AnswerFormat = typeof wire.chatCompletions

export type Generated = ReturnType<typeof wire.generate>

export type StreamEvent = ReturnType<AnswerFormat['events']> extends Iterable<infer Event> ? Event : never

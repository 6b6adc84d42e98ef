import type { Conversation } from '../brain/conversation.ts'
import type { Generated } from '../brain/generate.ts'

/** One wire format: how a request is read and how what was generated is written. */
export interface Wire {
  /** The deployment named in the path, '' when the path has none; undefined when it is not this format. */
  match(path: string): string | undefined
  read(body: Readonly<Record<string, unknown>>, deployment: string): WireRequest | WireError
  json(generated: Generated): unknown
  /** The events of a stream, in order, the terminator included. */
  events(generated: Generated, request: WireRequest): StreamEvent[]
  error(error: WireError): unknown
}

export type WireRequest = {
  readonly conversation: Conversation
  readonly isStream: boolean
  readonly wantsUsage: boolean
  /** Whether the last message is the assistant's: a prefill. */
  readonly isPrefilled: boolean
}

export type WireError = {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly type?: string
  readonly param?: string
}

export type StreamEvent = {
  readonly event?: string
  readonly data: string
  /** Tokens that the provider generated for this event. */
  readonly tokens: number
  readonly isTerminator?: true
}

export function isWireError(read: WireRequest | WireError): read is WireError {
  return 'status' in read
}

import type { Usage } from '../../usage.ts'

/** A request to a test model, and how it ended. */
export type TestCall = {
  /** The wire format of the request. */
  readonly format: 'chatCompletions' | 'responses' | 'anthropicMessages' | 'embeddings'
  /** The URL of the request. */
  readonly url: string
  /** The headers of the request, without those that contain keys. */
  readonly headers: Readonly<Record<string, string>>
  /** The body of the request. */
  readonly body: Readonly<Record<string, unknown>>
  /** The model that the request names. */
  readonly model: string
  /** Whether the request asks for a stream. */
  readonly isStream: boolean
  /** The output cap of the request. */
  readonly maxOutputTokens: number | undefined
  /** The system prompt. */
  readonly system: string
  /** The messages of the request. */
  readonly messages: readonly TestMessage[]
  /** The functions that the request offers. */
  readonly tools: readonly TestTool[]
  /**
   * - `pending`: it still runs, or its answer was not read to the end
   * - `answered`: the answer is complete
   * - `refused`: with an error, also if the script has no answer
   * - `broken`: by a fault of the script
   * - `left`: the caller aborted it
   */
  readonly outcome: 'pending' | 'answered' | 'refused' | 'broken' | 'left'
  /** The HTTP status of the response; undefined without a response. */
  readonly status: number | undefined
  /** The usage of the complete answer; undefined if nothing was generated. */
  readonly usage: Usage | undefined
}

/** A message of a request. */
export type TestMessage = {
  /** Who wrote it. */
  readonly role: 'user' | 'assistant' | 'tool'
  /** Its text. */
  readonly text: string
  /** The tool calls in it. */
  readonly toolCalls?: readonly { readonly id: string; readonly name: string; readonly arguments: string }[]
  /** The id of the tool call that it answers, with the role `tool`. */
  readonly toolCallId?: string
}

/** A tool that a request offers. */
export type TestTool = {
  /** Its name. */
  readonly name: string
  /** What it does. */
  readonly description: string
  /** The JSON Schema of its arguments. */
  readonly parameters: unknown
}

import type { Usage } from '../../usage.ts'

/** What was asked of a test model, and how it ended. */
export type TestCall = {
  /** The wire format of the request. */
  readonly format: 'chatCompletions' | 'responses' | 'anthropicMessages' | 'embeddings'
  /** The URL that was asked. */
  readonly url: string
  /** Without those that carry keys. */
  readonly headers: Readonly<Record<string, string>>
  /** The body as it came. */
  readonly body: Readonly<Record<string, unknown>>
  /** The model that was asked for. */
  readonly model: string
  /** Whether the answer was streamed. */
  readonly isStream: boolean
  /** The output cap of the request. */
  readonly maxOutputTokens: number | undefined
  /** The system prompt. */
  readonly system: string
  /** The messages of the request. */
  readonly messages: readonly TestMessage[]
  /** The tools that the model was offered. */
  readonly tools: readonly TestTool[]
  /**
   * - `pending`: it goes on, or was not read to its end
   * - `answered`: whole
   * - `refused`: with an error, also where the script had no answer
   * - `broken`: by a fault
   * - `left`: its caller went
   */
  readonly outcome: 'pending' | 'answered' | 'refused' | 'broken' | 'left'
  /** Of the HTTP answer; undefined where there was none. */
  readonly status: number | undefined
  /** The usage in the whole answer; undefined if nothing was generated. */
  readonly usage: Usage | undefined
}

/** A message of a request. */
export type TestMessage = {
  /** Who said it. */
  readonly role: 'user' | 'assistant' | 'tool'
  /** Its text. */
  readonly text: string
  /** The tool calls in it. */
  readonly toolCalls?: readonly { readonly id: string; readonly name: string; readonly arguments: string }[]
  /** Of a `tool`: the call that it answers. */
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

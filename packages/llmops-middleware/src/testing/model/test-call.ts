import type { GeneratedUsage } from '../wire/index.ts'

/** What was asked of a test model, and how it ended. */
export type TestCall = {
  readonly format: 'chatCompletions' | 'responses' | 'anthropicMessages' | 'embeddings'
  readonly url: string
  /** Without those that carry keys. */
  readonly headers: Readonly<Record<string, string>>
  /** The body as it came. */
  readonly body: Readonly<Record<string, unknown>>
  readonly model: string
  readonly isStream: boolean
  /** The output cap of the request. */
  readonly maxOutputTokens: number | undefined
  /** The system prompt. */
  readonly system: string
  readonly messages: readonly TestMessage[]
  /** The tools that the model was offered. */
  readonly tools: readonly TestTool[]
  /**
   * - `pending`: it goes on, or nobody has read it to its end
   * - `answered`: whole
   * - `refused`: with an error, also where the script had no answer
   * - `broken`: by a fault
   * - `left`: its caller went
   */
  readonly outcome: 'pending' | 'answered' | 'refused' | 'broken' | 'left'
  /** Of the HTTP answer; undefined where there was none. */
  readonly status: number | undefined
  /** What the whole answer tells as its usage; undefined where nothing was generated. */
  readonly usage: GeneratedUsage | undefined
}

/** A message of a request. */
export type TestMessage = {
  readonly role: 'user' | 'assistant' | 'tool'
  readonly text: string
  readonly toolCalls?: readonly { readonly id: string; readonly name: string; readonly arguments: string }[]
  /** Of a `tool`: the call that it answers. */
  readonly toolCallId?: string
}

/** A tool that a request offers, with the JSON Schema of its arguments. */
export type TestTool = { readonly name: string; readonly description: string; readonly parameters: unknown }

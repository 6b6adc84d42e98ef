import type { ToolNotes } from '../call-notes.ts'
import type { Layer } from '../pipeline.ts'
import type { Task } from '../task.ts'
import type { ToolEffect } from '../tool-effect.ts'

export const ARGUMENTS_WRITERS = ['model', 'caller'] as const

/** Who wrote the arguments of a call: a model of the application, or a caller from outside. */
export type ArgumentsWriter = (typeof ARGUMENTS_WRITERS)[number]

/** One call of a tool, as the layers see it. */
export type ToolCall = {
  /** The id that the model gave the call, else a random one. */
  readonly id: string
  /** The name of the tool. */
  readonly tool: string
  /**
   * The MCP server that has the tool, since several may have tools of the same name. Undefined for tools of the
   * application.
   */
  readonly server?: object | string | undefined
  /**
   * The key that the function gets, so that its service can recognise a retry. It is the `key` of the call, else made
   * from its id.
   */
  readonly idempotencyKey: string
  /** Whether calling the tool changes something. */
  readonly effect: ToolEffect
  /** The arguments as the model wrote them, as text or parsed. They are repaired and validated inside all layers. */
  readonly args: unknown
  /** Who wrote the arguments: a model, or a caller from outside. */
  readonly writtenBy: ArgumentsWriter
  /** Who pays; undefined outside a task. */
  readonly tenant: string | undefined
  /** The task that the call belongs to; undefined outside a task. */
  readonly task: Task | undefined
  /** Aborted with the task or by the caller. */
  readonly signal: AbortSignal
  /** Collects what happens inside the call, for events. Undefined if there is no listener. @internal */
  readonly notes?: ToolNotes | undefined
}

/** What a tool call returned, and which function answered. */
export type ToolResult<Value = unknown> = {
  /** What the function returned. */
  readonly value: Value
  /** `fallback` if a function other than the first answered. */
  readonly status: 'ok' | 'fallback'
  /** The function that answered. */
  readonly answeredBy: string
  /**
   * A note to the model about the result. It is also in `value`: at the end of a text, in the member `note` of an
   * object, as the last element of a list. It is never in the result of a tool with an `output` schema.
   */
  readonly note?: string
}

/** A layer around each tool call. */
export type ToolLayer = Layer<ToolCall, ToolResult>

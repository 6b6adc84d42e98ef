import type { ToolNotes } from '../call-notes.ts'
import type { Layer } from '../pipeline.ts'
import type { Task } from '../task.ts'
import type { ToolEffect } from '../tool-effect.ts'

export const ARGUMENTS_WRITERS = ['model', 'caller'] as const

/** Who wrote the arguments of a call: a model of the application, or somebody outside. */
export type ArgumentsWriter = (typeof ARGUMENTS_WRITERS)[number]

/** One call of a tool, as the layers see it. */
export type ToolCall = {
  /** The model's id of the call, else a random one. */
  readonly id: string
  /** The name of the tool. */
  readonly tool: string
  /** Whose tool it is, where others have tools of the same names. Undefined for those of the application. */
  readonly server?: object | string | undefined
  /** What the function is told, so that its service can know a repetition: the `key` of the call, else made of its id. */
  readonly idempotencyKey: string
  /** What calling the tool means. */
  readonly effect: ToolEffect
  /** As the model gave them, text or a parsed value: they are repaired and validated inside of all layers. */
  readonly args: unknown
  /** Who wrote the arguments: a model, or a caller from outside. */
  readonly writtenBy: ArgumentsWriter
  /** Who pays; undefined outside of a task. */
  readonly tenant: string | undefined
  /** The task that the call belongs to; undefined outside of any. */
  readonly task: Task | undefined
  /** Aborted with the task or by the caller. */
  readonly signal: AbortSignal
  /** What happens inside of it, for whoever listens to events. Undefined while nobody does. @internal */
  readonly notes?: ToolNotes | undefined
}

/** What a tool call returned, and which function answered. */
export type ToolResult<Value = unknown> = {
  /** What the function returned. */
  readonly value: Value
  /** `fallback` when another function than the first answered. */
  readonly status: 'ok' | 'fallback'
  /** The function that answered. */
  readonly answeredBy: string
  /**
   * What the model should know of the result. It stands in `value` too: at the end of a text, in the member `note` of an
   * object, as the last element of a list; nowhere in the result of a tool with an `output` schema.
   */
  readonly note?: string
}

/** A layer around each tool call. */
export type ToolLayer = Layer<ToolCall, ToolResult>

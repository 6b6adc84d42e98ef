import type { ToolNotes } from '../call-notes.ts'
import type { Layer } from '../pipeline.ts'
import type { Task } from '../task.ts'
import type { ToolEffect } from '../tool-effect.ts'

export const ARGUMENTS_WRITERS = ['model', 'caller'] as const

/** Who wrote the arguments of a call: a model of the application, or somebody outside. */
export type ArgumentsWriter = (typeof ARGUMENTS_WRITERS)[number]

/** One call of a tool, as the layers see it. */
export type ToolCall = {
  readonly id: string
  readonly tool: string
  /** Whose tool it is, where others have tools of the same names. Undefined for those of the application. */
  readonly server?: object | string | undefined
  /** What the function is told, so that its service can know a repetition: the `key` of the call, else made of its id. */
  readonly idempotencyKey: string
  readonly effect: ToolEffect
  /** As the model gave them, text or a parsed value: they are repaired and validated inside of all layers. */
  readonly args: unknown
  readonly writtenBy: ArgumentsWriter
  readonly tenant: string | undefined
  readonly task: Task | undefined
  readonly signal: AbortSignal
  /** What happens inside of it, for whoever listens to events. Undefined while nobody does. */
  readonly notes?: ToolNotes | undefined
}

export type ToolResult<Value = unknown> = {
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

export type ToolLayer = Layer<ToolCall, ToolResult>

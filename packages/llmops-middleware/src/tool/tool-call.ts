import type { Layer } from '../pipeline.ts'
import type { Task } from '../task.ts'

/**
 * What calling a tool means:
 * - `read`: changes nothing; may be repeated, and may run on arguments that were cut and completed
 * - `idempotent`: may be repeated with the same idempotency key; never runs on arguments that may have been cut
 * - `effect`: never repeated after an unknown outcome; never runs on arguments that may have been cut
 */
export type ToolEffect = 'read' | 'idempotent' | 'effect'

/** One call of a tool, as the layers see it. */
export type ToolCall = {
  readonly id: string
  readonly tool: string
  readonly effect: ToolEffect
  /** As the model gave them: text or a parsed value, until the validation layer has made them valid. */
  readonly args: unknown
  readonly tenant: string | undefined
  readonly task: Task | undefined
  readonly signal: AbortSignal
}

export type ToolResult = {
  readonly value: unknown
  /** `fallback` when another function than the first answered. */
  readonly status: 'ok' | 'fallback'
  /** The function that answered. */
  readonly answeredBy: string
}

export type ToolLayer = Layer<ToolCall, ToolResult>

import type { Layer } from '../pipeline.ts'
import type { Task } from '../task.ts'

/**
 * What repeating a tool means:
 * - `read`: changes nothing, may be repeated
 * - `idempotent`: may be repeated with the same idempotency key
 * - `effect`: never repeated after an unknown outcome
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

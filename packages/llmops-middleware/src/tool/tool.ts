import { abortSignal, anyText, type ChecksOf, flag, func, text } from '../check.ts'
import type { AskModel, JsonSchema } from '../repair/index.ts'
import type { ToolResult } from './tool-call.ts'
import type { aiSdkToolOf, definitionsOf } from './tool-definitions.ts'

export type ToolCallOptions = {
  /** The model's id of the call: with the task it makes the idempotency key. @default a random UUID */
  readonly id?: string | undefined
  /** Ends the call, beside the signal of its task. @default none */
  readonly signal?: AbortSignal | undefined
  /** Asks a model to repair the arguments. @default the one of the tool's `repair` */
  readonly askModel?: AskModel | undefined
  /** What the model should know to repair them, such as what the user asked. @default nothing */
  readonly context?: string | undefined
  /**
   * Whether the model is known to have finished: its finish reason says that the arguments are whole. No text at all then
   * means no arguments for a tool with an effect too. @default not known
   */
  readonly isComplete?: boolean | undefined
}

export const CALL_OPTIONS: ChecksOf<ToolCallOptions> = {
  id: text,
  signal: abortSignal,
  askModel: func,
  context: anyText,
  isComplete: flag,
}

/** A function that a model may call. */
export type Tool<Result = unknown> = ReturnType<typeof definitionsOf> & {
  readonly name: string
  readonly description: string
  /** As JSON Schema. */
  readonly parameters: JsonSchema
  /** For `tools` of the AI SDK, which calls it by itself: `generateText({ tools: { lookup: lookup.aiSdkTool } })`. */
  readonly aiSdkTool: ReturnType<typeof aiSdkToolOf<Result>>
  /**
   * Calls it with the model's arguments, text or parsed, and returns what the function returned.
   *
   * @throws RepairFailedError when the arguments are beyond repair; no function had an effect.
   * @throws NoToolAvailable when neither it nor its fallbacks can be reached.
   * @throws UnknownOutcomeError when it has an effect and nobody knows whether it had it: it ran when its time, the task's
   *   deadline or the caller's signal ended it, its answer was lost, or it threw a 5xx.
   */
  call(args: unknown, options?: ToolCallOptions): Promise<Result>
  /** The same, and who answered. */
  execute(args: unknown, options?: ToolCallOptions): Promise<ToolResult<Result>>
}

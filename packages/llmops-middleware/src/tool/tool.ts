import { abortSignal, anyText, type ChecksOf, flag, func, oneOf, text } from '../check.ts'
import type { AskModel, JsonSchema } from '../repair/index.ts'
import type { ToolEffect } from '../tool-effect.ts'
import { ARGUMENTS_WRITERS, type ArgumentsWriter, type ToolResult } from './tool-call.ts'
import type { aiSdkToolOf, definitionsOf } from './tool-definitions.ts'

/** What is known of one call of a tool beside its arguments. */
export type ToolCallOptions = {
  /** The model's id of the call: without a `key` it makes the idempotency key, with the task. @default a random UUID */
  readonly id?: string | undefined
  /**
   * The idempotency key, which `run` is told: the same for every repetition of one call, also in another process. In one
   * process an effect is started at most once for it.
   *
   * @default made of the task, the tool and `id`
   */
  readonly key?: string | undefined
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
  /**
   * Who wrote the arguments: a `model` of yours, or a `caller` from outside. What a caller writes and nobody can use is its
   * failure, not the agent's.
   *
   * @default 'model'
   */
  readonly writtenBy?: ArgumentsWriter | undefined
}

export const CALL_OPTIONS: ChecksOf<ToolCallOptions> = {
  id: text,
  key: text,
  signal: abortSignal,
  askModel: func,
  context: anyText,
  isComplete: flag,
  writtenBy: oneOf(...ARGUMENTS_WRITERS),
}

/** A function that a model may call. */
export type Tool<Result = unknown> = ReturnType<typeof definitionsOf> & {
  /** Its name, as the model calls it. */
  readonly name: string
  /** What it does, as the model reads it. */
  readonly description: string
  /** As JSON Schema. */
  readonly parameters: JsonSchema
  /** Of its results, as JSON Schema; undefined where it has no `output`, or one that cannot be converted. */
  readonly output: JsonSchema | undefined
  /** What calling it means. */
  readonly effect: ToolEffect
  /** For `tools` of the AI SDK, which calls it by itself: `generateText({ tools: { lookup: lookup.aiSdkTool } })`. */
  readonly aiSdkTool: ReturnType<typeof aiSdkToolOf<Result>>
  /**
   * Calls it with the model's arguments, text or parsed, and returns what the function returned.
   *
   * @param args the arguments of the model, as text or parsed
   * @throws RepairFailedError when the arguments are beyond repair; no function had an effect.
   * @throws NoToolAvailable when neither it nor its fallbacks can be reached.
   * @throws UnknownOutcomeError when it has an effect and nobody knows whether it had it: it ran when its time, the task's
   *   deadline or the caller's signal ended it, its answer was lost, it threw a 5xx, or it returned what `output` does not take.
   * @throws DuplicateCallError when it has an effect, was called before with the same key, and the outcome cannot be repeated.
   */
  call(args: unknown, options?: ToolCallOptions): Promise<Result>
  /**
   * The same, and who answered.
   *
   * @param args the arguments of the model, as text or parsed
   */
  execute(args: unknown, options?: ToolCallOptions): Promise<ToolResult<Result>>
}

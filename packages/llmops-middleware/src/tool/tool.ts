import { abortSignal, anyText, type ChecksOf, flag, func, oneOf, text } from '../check.ts'
import type { AskModel, JsonSchema } from '../repair/index.ts'
import type { ToolEffect } from '../tool-effect.ts'
import { ARGUMENTS_WRITERS, type ArgumentsWriter, type ToolResult } from './tool-call.ts'
import type { aiSdkToolOf, definitionsOf } from './tool-definitions.ts'

/** The options of one call of a tool. */
export type ToolCallOptions = {
  /**
   * The id that the model gave the call. Without a `key`, the idempotency key is made from it and the task.
   *
   * @default a random UUID
   */
  readonly id?: string | undefined
  /**
   * The idempotency key, which `run` gets: the same for every retry of one call, also from another process. Within one
   * process an effect is started at most once per key.
   *
   * @default made from the task, the tool and `id`
   */
  readonly key?: string | undefined
  /** Aborts the call, in addition to the signal of its task. @default none */
  readonly signal?: AbortSignal | undefined
  /** Asks a model to repair the arguments. @default that of the tool's `repair` */
  readonly askModel?: AskModel | undefined
  /** What the model should know to repair the arguments, such as what the user asked. @default nothing */
  readonly context?: string | undefined
  /**
   * Whether the model is known to have finished, so that the arguments are complete (see its finish reason). Then an
   * empty text means "no arguments", also for a tool with an effect.
   *
   * @default not known
   */
  readonly isComplete?: boolean | undefined
  /**
   * Who wrote the arguments: a `model` of yours, or a `caller` from outside. If arguments of a caller cannot be used,
   * the failure is the caller's, not the agent's.
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
  /** The schema of its arguments, as JSON Schema. */
  readonly parameters: JsonSchema
  /** The schema of its results, as JSON Schema. Undefined if it has no `output`, or one that cannot be converted. */
  readonly output: JsonSchema | undefined
  /** Whether calling it changes something. */
  readonly effect: ToolEffect
  /** For `tools` of the AI SDK, which calls it by itself: `generateText({ tools: { lookup: lookup.aiSdkTool } })`. */
  readonly aiSdkTool: ReturnType<typeof aiSdkToolOf<Result>>
  /**
   * Calls the tool and returns what its function returned.
   *
   * @param args the arguments of the model, as text or parsed
   * @throws RepairFailedError if the arguments cannot be repaired; no function had an effect.
   * @throws NoToolAvailable if neither it nor its fallbacks are available.
   * @throws UnknownOutcomeError if it has an effect that may have happened: its timeout, the task's deadline or the
   *   caller's signal ended it while it ran, its response was lost, it threw a 5xx, or it returned a result that
   *   `output` does not accept.
   * @throws DuplicateCallError if it has an effect, was called before with the same key, and the outcome of that call
   *   cannot be returned.
   */
  call(args: unknown, options?: ToolCallOptions): Promise<Result>
  /**
   * Calls the tool and returns what its function returned, with the name of the function that answered.
   *
   * @param args the arguments of the model, as text or parsed
   */
  execute(args: unknown, options?: ToolCallOptions): Promise<ToolResult<Result>>
}

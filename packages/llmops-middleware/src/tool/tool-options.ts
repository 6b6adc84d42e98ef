import type { StandardSchemaV1 } from '@standard-schema/spec'
import {
  anything,
  type ChecksOf,
  checkOptions,
  door,
  either,
  func,
  listOf,
  milliseconds,
  number,
  oneOf,
  required,
  text,
  where,
  whole,
} from '../check.ts'
import { InvalidOptionError } from '../errors.ts'
import { REPAIR_SETTINGS, type RepairSettings, type Schema } from '../repair/index.ts'
import { TOOL_EFFECTS, type ToolEffect } from '../tool-effect.ts'
import type { ToolFunction } from './function-run.ts'
import { TOOL_COST, type ToolCost } from './tool-cost.ts'

/** The arguments that a schema gives: inferred from a Standard Schema, your word for it with a JSON Schema. */
// biome-ignore lint/suspicious/noExplicitAny: a JSON Schema says nothing to TypeScript, and `unknown` would refuse every function.
export type ArgumentsOf<S> = S extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<S> : any

/** What a tool is called, what it takes, what it does and what may go wrong. */
export type ToolOptions<S extends Schema = Schema, Result = unknown> = {
  /** Letters, digits, `_` and `-`, up to 64: what providers accept. */
  readonly name: string
  /** What it does and when to use it: the model reads this. */
  readonly description: string
  /** JSON Schema, or any Standard Schema that can be converted to JSON Schema. */
  readonly parameters: S
  /**
   * What calling it means. An effect is never repeated once it may have happened, and never runs on arguments that may
   * have been cut. Say `read` for a tool that changes nothing; `fallbacks` require one or the other to be said.
   * @default 'effect'
   */
  readonly effect?: ToolEffect
  /** Throws `RepairableError` to have a model repair arguments that fit the schema and make no sense all the same. */
  readonly run: ToolFunction<ArgumentsOf<S>, Result>
  /** Who answers, in this order, while those before cannot be reached. @default none */
  readonly fallbacks?: readonly ToolFunction<ArgumentsOf<S>, Result>[]
  /** For each function, in milliseconds. @default 30_000 */
  readonly timeoutMs?: number
  /**
   * How many of its functions run at once; more calls wait, in order. A function that timed out and still runs counts: one
   * that does not end with its signal keeps its place, and its fallback waits for another one, at most for `timeoutMs`.
   * @default no limit
   */
  readonly maxConcurrent?: number
  /**
   * What its functions return, as JSON Schema or any Standard Schema. What it does not take is no success: the next of
   * `fallbacks` answers for a tool that reads, and the outcome of an effect is unknown. Without it every result is
   * passed on; what JSON cannot say is converted, and what is too large is cut, with a note for the model.
   *
   * @default none
   */
  readonly output?: Schema
  /** The longest result, in bytes of JSON. @default 1_048_576 */
  readonly maxResultBytes?: number
  /**
   * What one run of it costs its tenant and its task, in US dollars, whichever of its functions answers. It is held before
   * it runs: what cannot be paid is not run.
   *
   * @default 0
   */
  readonly costUsd?: ToolCost<Result>
  /**
   * How often one task calls it, with the tasks nested in it; a call that is more is refused. Outside a task nothing is
   * counted.
   *
   * @default no limit
   */
  readonly maxCalls?: number
  /**
   * The call that ends in a `ToolLoopError`, of those that one task makes with the same arguments for the same result; the
   * task has failed as `loop`. From half of them on, the result has a note for the model. A tool with an effect is never
   * refused for it. `'off'` is for a tool that waits for something by asking again.
   *
   * @default 6
   */
  readonly maxRepeats?: number | 'off'
  /** Who is asked to repair arguments, and the caps on the asking. @default nobody: only what costs nothing is tried */
  readonly repair?: RepairSettings
}

export const TOOL_OPTIONS: ChecksOf<ToolOptions> = {
  name: required(
    where('up to 64 letters, digits, _ and -', (name) => typeof name === 'string' && /^[\w-]{1,64}$/.test(name)),
  ),
  description: required({ ...text, accepts: 'a text that tells a model when to use it' }),
  parameters: required(anything),
  effect: oneOf(...TOOL_EFFECTS),
  run: required(func),
  fallbacks: listOf(func),
  timeoutMs: milliseconds(),
  maxConcurrent: number(1),
  output: anything,
  maxResultBytes: number(1),
  costUsd: TOOL_COST,
  maxCalls: whole(1),
  maxRepeats: either(whole(2), oneOf('off')),
  repair: door(REPAIR_SETTINGS),
}

const isNamed = (options: unknown): options is { readonly name: string } =>
  typeof options === 'object' && options !== null && 'name' in options && TOOL_OPTIONS.name.is(options.name)

/** @throws InvalidOptionError naming the option that cannot be used. */
export function checkToolOptions(options: ToolOptions): void {
  try {
    checkOptions(options, TOOL_OPTIONS)
  } catch (error) {
    // Options that cannot be read have no name, and one that cannot be used says itself what came.
    const name = isNamed(options) ? options.name : undefined
    throw name !== undefined && InvalidOptionError.isInstance(error) ? error.of(`tool '${name}'`) : error
  }
  if (options.effect === undefined && options.fallbacks?.length) {
    const accepted = "'read' if asking another function repeats nothing, else 'idempotent' or 'effect'"
    const problem = `is missing for tool '${options.name}', which has fallbacks; it must be ${accepted}`
    throw new InvalidOptionError('effect', undefined, accepted, undefined, problem)
  }
}

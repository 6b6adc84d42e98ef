import type { StandardSchemaV1 } from '@standard-schema/spec'
import {
  anything,
  type ChecksOf,
  checkOptions,
  either,
  func,
  listOf,
  milliseconds,
  number,
  objectOf,
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

/** The type of the arguments: inferred from a Standard Schema, and chosen by you with a JSON Schema. */
// biome-ignore lint/suspicious/noExplicitAny: a JSON Schema says nothing to TypeScript, and `unknown` would refuse every function.
export type ArgumentsOf<S> = S extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<S> : any

/** The options of `ops.tool`. */
export type ToolOptions<S extends Schema = Schema, Result = unknown> = {
  /** The name of the tool: up to 64 letters, digits, `_` and `-`, as providers require. */
  readonly name: string
  /** What it does and when to use it. The model reads this. */
  readonly description: string
  /** The schema of the arguments: JSON Schema, or any Standard Schema that can be converted to JSON Schema. */
  readonly parameters: S
  /**
   * Whether calling it changes something. An effect is never repeated once it may have happened, and never runs on
   * arguments that may have been cut. Set `read` for a tool that changes nothing. A tool with `fallbacks` must set it.
   * @default 'effect'
   */
  readonly effect?: ToolEffect | undefined
  /**
   * The function. It may throw `RepairableError` to have a model repair arguments that fit the schema but make no
   * sense.
   */
  readonly run: ToolFunction<ArgumentsOf<S>, Result>
  /** Functions that are called in this order while the ones before are unavailable. @default none */
  readonly fallbacks?: readonly ToolFunction<ArgumentsOf<S>, Result>[] | undefined
  /** The timeout of each function, in milliseconds. @default 30_000 */
  readonly timeoutMs?: number | undefined
  /**
   * How many of its functions may run at once. Further calls wait, in order. A function that timed out but still runs
   * counts: if it ignores its signal it keeps its place, and its fallback waits for another place, for at most
   * `timeoutMs`.
   * @default no limit
   */
  readonly maxConcurrent?: number | undefined
  /**
   * The schema of the results: JSON Schema or any Standard Schema. A result that it does not accept is a failure: a
   * tool that reads goes on with the next of `fallbacks`, and the outcome of an effect is unknown. Without a schema
   * every result is passed on: values that JSON cannot represent are converted, and a result that is too large is cut,
   * with a note for the model. A `Response`, a stream or a generator is a failure, because JSON omits its content.
   *
   * @default none
   */
  readonly output?: Schema | undefined
  /** The maximum size of a result, in bytes of JSON. @default 1_048_576 */
  readonly maxResultBytes?: number | undefined
  /**
   * What one call costs its tenant and its task, in US dollars, whichever function answers. The amount is held before
   * the call runs. A call that the budget refuses is not run.
   *
   * @default 0
   */
  readonly costUsd?: ToolCost<Result> | undefined
  /**
   * How often one task, with the tasks nested in it, may call the tool. Further calls are refused. Calls outside a task
   * are not counted.
   *
   * @default no limit
   */
  readonly maxCalls?: number | undefined
  /**
   * How many calls with the same arguments and the same result one task may make: the last of them throws a
   * `ToolLoopError`, and the task has failed with `loop`. From half of them on, the result has a note for the model. A
   * tool with an effect gets only the note. Set `'off'` for a tool that polls.
   *
   * @default 6
   */
  readonly maxRepeats?: number | 'off' | undefined
  /** The model that repairs arguments, and the limits on asking it. @default no model: only repairs at no cost */
  readonly repair?: RepairSettings | undefined
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
  repair: objectOf(REPAIR_SETTINGS),
}

const isNamed = (options: unknown): options is { readonly name: string } =>
  typeof options === 'object' && options !== null && 'name' in options && TOOL_OPTIONS.name.is(options.name)

/** @throws InvalidOptionError if an option is invalid. */
export function checkToolOptions(options: ToolOptions): void {
  try {
    checkOptions(options, TOOL_OPTIONS)
  } catch (error) {
    // Options that cannot be read have no name. If the name itself is invalid, the error already says so.
    const name = isNamed(options) ? options.name : undefined
    throw name !== undefined && InvalidOptionError.isInstance(error) ? error.of(`tool '${name}'`) : error
  }
  if (options.effect === undefined && options.fallbacks?.length) {
    const accepted = "'read' if asking another function repeats nothing, else 'idempotent' or 'effect'"
    const problem = `is missing for tool '${options.name}', which has fallbacks; it must be ${accepted}`
    throw new InvalidOptionError('effect', undefined, accepted, undefined, problem)
  }
}

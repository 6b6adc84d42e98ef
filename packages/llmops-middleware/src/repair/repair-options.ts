import {
  abortSignal,
  anyText,
  anything,
  type ChecksOf,
  flag,
  func,
  milliseconds,
  number,
  oneOf,
  required,
  usd,
  whole,
} from '../check.ts'
import { TOOL_EFFECTS, type ToolEffect } from '../tool-effect.ts'
import type { Usd } from '../usd.ts'
import type { RepairRequest } from './repair-request.ts'
import type { Schema, SchemaIssue } from './schema.ts'

/**
 * Asks a model and returns its text. Send `request.messages` through a governed client, so that the call is paid like
 * any other.
 */
export type AskModel = (request: RepairRequest) => Promise<string>

/**
 * A repair at no cost: `spelling` reads another spelling of JSON, `completion` adds missing quotes and brackets,
 * `coercion` converts values to the types of the schema, `removal` removes fields that the schema forbids.
 */
export type FreeRepair = 'spelling' | 'completion' | 'coercion' | 'removal'

/** How arguments were repaired before the function got them. */
export type Repaired = {
  /** Whether the arguments were repaired. */
  readonly wasRepaired: boolean
  /** The repairs: `model` first if a model was asked, then the repairs at no cost to its answer. */
  readonly repairs: readonly (FreeRepair | 'model')[]
}

/** The model that repairs arguments, and the limits on asking it. */
export type RepairSettings = {
  /** Asks a model to repair arguments that cannot be repaired at no cost. @default no model: only repairs at no cost */
  readonly askModel?: AskModel | undefined
  /** The maximum number of requests to the model per call, 0 to 10. @default 2 */
  readonly maxAttempts?: number | undefined
  /**
   * The most that repairs of one call may cost, in US dollars. No further request is made once they cost this much.
   *
   * @default only the tenant's budget
   */
  readonly maxCostUsd?: Usd | undefined
  /** The most input and output tokens that repairs of one call may use together. @default no limit */
  readonly maxTokens?: number | undefined
  /** The most characters that are sent to the model for one call, in all attempts together. @default 100_000 */
  readonly maxCharacters?: number | undefined
  /** The most time that the model may take for one call, in all attempts together, in milliseconds. @default 60_000 */
  readonly timeoutMs?: number | undefined
  /**
   * `safe` repairs arguments with a single possible meaning, at no cost. With `none`, invalid arguments go to the model
   * at once.
   *
   * @default 'safe'
   */
  readonly strictness?: 'none' | 'safe' | undefined
}

/** The options of `retryWithRepair`. */
export type RepairOptions = RepairSettings & {
  /** The schema of the arguments: JSON Schema, or any Standard Schema. */
  readonly schema: Schema
  /**
   * Whether calling the function changes something. For `read`, a text that was cut is completed, and fields that the
   * schema forbids are removed. For the others no bracket, quote or value is added and no field is removed. The
   * function is never run on arguments with two possible meanings.
   * @default 'effect'
   */
  readonly effect?: ToolEffect | undefined
  /**
   * Whether the model is known to have finished. Then an empty text means "no arguments", also for an effect.
   *
   * @default not known
   */
  readonly isComplete?: boolean | undefined
  /** What the model should know to repair the arguments, such as what the user asked. @default nothing */
  readonly context?: string | undefined
  /** Called each time the model is asked. @default none */
  readonly onRepair?: ((attempt: number, issues: readonly SchemaIssue[]) => void) | undefined
  /** Called for each kind of repair at no cost, if the repaired arguments fit the schema. @default none */
  readonly onFreeRepair?: ((kind: FreeRepair) => void) | undefined
  /** Aborts the repair. @default none */
  readonly signal?: AbortSignal | undefined
}

export const REPAIR_SETTINGS: ChecksOf<RepairSettings> = {
  askModel: func,
  maxAttempts: whole(0, 10),
  maxCostUsd: usd,
  maxTokens: number(1),
  maxCharacters: whole(1, Number.MAX_SAFE_INTEGER, 'characters'),
  timeoutMs: milliseconds(),
  strictness: oneOf('none', 'safe'),
}

export const REPAIR_OPTIONS: ChecksOf<RepairOptions> = {
  ...REPAIR_SETTINGS,
  schema: required(anything),
  effect: oneOf(...TOOL_EFFECTS),
  isComplete: flag,
  context: anyText,
  onRepair: func,
  onFreeRepair: func,
  signal: abortSignal,
}

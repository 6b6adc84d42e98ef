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

/** Asks a model, and gives its text. Send `request.messages` through a governed client: it pays like any other call. */
export type AskModel = (request: RepairRequest) => Promise<string>

/**
 * How arguments were read at no cost: in another spelling of JSON, with what a text lacks at its end, in the types that the
 * schema wants, without fields that it forbids.
 */
export type FreeRepair = 'spelling' | 'completion' | 'coercion' | 'removal'

/** What was done to arguments before the function got them. */
export type Repaired = {
  /** Whether the arguments were repaired. */
  readonly wasRepaired: boolean
  /** How; `model` first when a model was asked, then what was done at no cost to what it said. */
  readonly repairs: readonly (FreeRepair | 'model')[]
}

/** Who is asked to repair arguments, and the caps on the asking. */
export type RepairSettings = {
  /** Asks a model to repair arguments that nothing free could repair. @default nobody: only what costs nothing is tried */
  readonly askModel?: AskModel | undefined
  /** How often the model is asked at most, 0 to 10. @default 2 */
  readonly maxAttempts?: number | undefined
  /** What the asking of one call may cost: nothing is asked once its governed calls did. @default no cap but the tenant's budget */
  readonly maxCostUsd?: Usd | undefined
  /** Input and output tokens of the asking of one call together, counted the same way. @default no cap */
  readonly maxTokens?: number | undefined
  /** Characters that are sent to the model for one call at most, over all attempts. @default 100_000 */
  readonly maxCharacters?: number | undefined
  /** Time that the model may take for one call, over all attempts, in milliseconds. @default 60_000 */
  readonly timeoutMs?: number | undefined
  /** `safe` repairs at no cost what has one reading; with `none` arguments are valid as they are, or a model is asked. @default 'safe' */
  readonly strictness?: 'none' | 'safe' | undefined
}

/** The options of `retryWithRepair`. */
export type RepairOptions = RepairSettings & {
  /** What the arguments must fit: JSON Schema, or any Standard Schema. */
  readonly schema: Schema
  /**
   * What calling the function means. For `read`, text that was cut is completed, and fields that the schema forbids are left
   * out; for the others no bracket, quote or value is added and nothing is left out. Arguments that could mean two things
   * are not run.
   * @default 'effect'
   */
  readonly effect?: ToolEffect | undefined
  /** Whether the model is known to have finished: then no text at all means no arguments, also for an effect. @default not known */
  readonly isComplete?: boolean | undefined
  /** What the model should know to repair the arguments, such as what the user asked. @default nothing */
  readonly context?: string | undefined
  /** Called each time that the model is asked. @default nobody is told */
  readonly onRepair?: ((attempt: number, issues: readonly SchemaIssue[]) => void) | undefined
  /** Called for each kind of repair that cost nothing and gave arguments that fit the schema. @default nobody is told */
  readonly onFreeRepair?: ((kind: FreeRepair) => void) | undefined
  /** Ends the repair. @default none */
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

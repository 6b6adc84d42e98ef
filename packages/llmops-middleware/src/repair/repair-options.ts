import { abortSignal, anyText, anything, type ChecksOf, func, number, oneOf, required, usd, whole } from '../check.ts'
import { TOOL_EFFECTS, type ToolEffect } from '../tool-effect.ts'
import type { Usd } from '../usd.ts'
import type { RepairRequest } from './repair-request.ts'
import type { Schema, SchemaIssue } from './schema.ts'

/** Asks a model, and gives its text. Send `request.messages` through a governed client: it pays like any other call. */
export type AskModel = (request: RepairRequest) => Promise<string>

/** How arguments were read at no cost: in another spelling of JSON, with what a cut text lacks, by the schema. */
export type FreeRepair = 'spelling' | 'completion' | 'coercion'

/** What was done to arguments before the function got them. */
export type Repaired = {
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
  /** What the asking may cost, as counted by the task it runs in. @default no cap but the tenant's budget */
  readonly maxCostUsd?: Usd | undefined
  /** Input and output tokens of the asking together, as counted by the task it runs in. @default no cap */
  readonly maxTokens?: number | undefined
}

export type RepairOptions = RepairSettings & {
  /** What the arguments must fit: JSON Schema, or any Standard Schema. */
  readonly schema: Schema
  /**
   * What calling the function means. For `read`, text that was cut is completed; for the others it is not, at no cost:
   * no bracket, quote or value is added, and arguments that could mean two things are not run.
   * @default 'effect'
   */
  readonly effect?: ToolEffect | undefined
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
}

export const REPAIR_OPTIONS: ChecksOf<RepairOptions> = {
  ...REPAIR_SETTINGS,
  schema: required(anything),
  effect: oneOf(...TOOL_EFFECTS),
  context: anyText,
  onRepair: func,
  onFreeRepair: func,
  signal: abortSignal,
}

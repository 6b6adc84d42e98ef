import type { AskModel } from '../repair/retry-with-repair.ts'
import { repairArguments } from '../repair/retry-with-repair.ts'
import type { Schema, SchemaIssue } from '../repair/schema.ts'
import type { ToolLayer } from './tool-call.ts'
import type { ToolRepairOptions } from './tool-options.ts'

export type ValidateOptions = ToolRepairOptions & {
  readonly schema: Schema
  readonly context?: string | undefined
  readonly askModel?: AskModel
  readonly onRepair?: (attempt: number, issues: readonly SchemaIssue[]) => void
}

/** Lets only arguments through that fit the schema: as they came, mended for nothing, or mended by the model. */
export function validateLayer(options: ValidateOptions): ToolLayer {
  return async (call, next) => {
    const args = await repairArguments(call.args, { ...options, effect: call.effect, signal: call.signal })
    return next({ ...call, args })
  }
}

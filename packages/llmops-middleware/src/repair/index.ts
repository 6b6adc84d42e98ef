export { RepairFailedError } from './repair-failed-error.ts'
export {
  type AskModel,
  type FreeRepair,
  REPAIR_SETTINGS,
  type Repaired,
  type RepairOptions,
  type RepairSettings,
} from './repair-options.ts'
export type { RepairRequest } from './repair-request.ts'
export { RepairableError } from './repairable-error.ts'
export { retryWithRepair, runRepaired } from './retry-with-repair.ts'
export {
  compileSchema,
  type JsonSchema,
  type Schema,
  type SchemaIssue,
  type Validation,
  type Validator,
} from './schema.ts'

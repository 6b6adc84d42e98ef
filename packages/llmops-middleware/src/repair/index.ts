export { RepairFailedError } from './repair-failed-error.ts'
export type { RepairRequest } from './repair-request.ts'
export { RepairableError } from './repairable-error.ts'
export { type AskModel, type RepairOptions, retryWithRepair } from './retry-with-repair.ts'
export {
  compileSchema,
  type JsonSchema,
  type Schema,
  type SchemaIssue,
  type Validation,
  type Validator,
} from './schema.ts'

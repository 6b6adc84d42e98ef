/**
 * Repairs arguments that a model wrote until they fit their schema.
 *
 * @module
 */
export {
  type AskModel,
  compileSchema,
  type FreeRepair,
  type JsonSchema,
  RepairableError,
  type Repaired,
  RepairFailedError,
  type RepairOptions,
  type RepairRequest,
  type RepairSettings,
  retryWithRepair,
  type Schema,
  type SchemaIssue,
  type Validation,
  type Validator,
} from '../repair/index.ts'

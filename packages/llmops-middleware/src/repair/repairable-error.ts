import { LlmOpsError } from '../errors.ts'
import type { SchemaIssue } from './schema.ts'

/**
 * Throw it in a function, before it does anything, for arguments that fit the schema but make no sense. The model is
 * asked for the fields that the issues name, and the function is run again.
 */
export class RepairableError extends LlmOpsError {
  static override readonly name = 'RepairableError'
  static readonly code = 'repairable'
  readonly code = RepairableError.code
  /** What is wrong with the arguments, with the path of each issue. */
  readonly issues: readonly SchemaIssue[]

  constructor(issues: readonly SchemaIssue[]) {
    super(issues.map(({ path, message }) => `${path || 'The arguments'} ${message}`).join('; '))
    this.issues = issues
  }
}

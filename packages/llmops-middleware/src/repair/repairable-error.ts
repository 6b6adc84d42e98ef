import { LlmOpsError } from '../errors.ts'
import type { SchemaIssue } from './schema.ts'

/**
 * Thrown by a function, before it did anything, for arguments that fit its schema and make no sense all the same: the model
 * is asked for the fields that its issues name, and the function is run again.
 */
export class RepairableError extends LlmOpsError {
  static override readonly name = 'RepairableError'
  static readonly code = 'repairable'
  readonly code = RepairableError.code
  /** What is wrong with the arguments, by path. */
  readonly issues: readonly SchemaIssue[]

  constructor(issues: readonly SchemaIssue[]) {
    super(issues.map(({ path, message }) => `${path || 'The arguments'} ${message}`).join('; '))
    this.issues = issues
  }
}

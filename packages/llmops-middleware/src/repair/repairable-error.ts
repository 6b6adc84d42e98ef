import { LlmOpsError } from '../errors.ts'
import type { SchemaIssue } from './schema.ts'

/**
 * Thrown by a function, before it did anything, for arguments that fit its schema and make no sense all the same: the model
 * is asked for the fields that its issues name, and the function is run again.
 */
export class RepairableError extends LlmOpsError {
  readonly code = 'repairable'
  readonly issues: readonly SchemaIssue[]

  constructor(issues: readonly SchemaIssue[]) {
    super(issues.map(({ path, message }) => `${path || 'The arguments'} ${message}`).join('; '))
    this.issues = issues
  }
}

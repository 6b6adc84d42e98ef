import { LlmOpsError } from '../errors.ts'
import type { SchemaIssue } from './schema.ts'

/** Thrown by a tool whose arguments fit its schema and make no sense all the same: the model is asked to mend them. */
export class RepairableError extends LlmOpsError {
  readonly code = 'repairable'
  readonly issues: readonly SchemaIssue[]

  constructor(issues: readonly SchemaIssue[]) {
    super(issues.map(({ path, message }) => `${path || 'The arguments'} ${message}`).join('; '))
    this.issues = issues
  }
}

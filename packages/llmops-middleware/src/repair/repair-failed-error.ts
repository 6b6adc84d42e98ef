import { LlmOpsError } from '../errors.ts'
import type { SchemaIssue } from './schema.ts'

/**
 * The arguments could not be repaired within the limits. The function was not run on them, or refused them. The cause
 * is the `RepairableError` of the function, or the error of asking the model.
 */
export class RepairFailedError extends LlmOpsError {
  static override readonly name = 'RepairFailedError'
  static readonly code = 'repair_failed'
  readonly code = RepairFailedError.code
  /** What is wrong, with the path of each issue. */
  readonly issues: readonly SchemaIssue[]
  /** The arguments after the last repair. */
  readonly bestEffort: unknown
  /** How often the model was asked. */
  readonly attempts: number

  constructor(issues: readonly SchemaIssue[], bestEffort: unknown, attempts: number, why: string, cause?: unknown) {
    const said = issues.slice(0, 10).map(({ path, message }) => `${named(path)} ${message}`)
    super(`The arguments are not valid (${why}): ${said.join('; ')}.`, cause === undefined ? undefined : { cause })
    this.issues = issues
    this.bestEffort = bestEffort
    this.attempts = attempts
  }
}

/** In characters. The path of a deeply nested value may be very long. */
const MAX_PATH = 200

function named(path: string): string {
  return path.length > MAX_PATH ? `${path.slice(0, MAX_PATH)}…` : path || 'the value'
}

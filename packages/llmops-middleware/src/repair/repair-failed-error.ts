import { LlmOpsError } from '../errors.ts'
import type { SchemaIssue } from './schema.ts'

/**
 * Arguments that could not be repaired within the attempts, the money and the time there were. Nothing was run on them, or
 * the function refused them: its `RepairableError` is the cause, else what the asking of the model threw.
 */
export class RepairFailedError extends LlmOpsError {
  static override readonly name = 'RepairFailedError'
  static readonly code = 'repair_failed'
  readonly code = RepairFailedError.code
  /** What is wrong, by path. */
  readonly issues: readonly SchemaIssue[]
  /** The nearest that was reached. */
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

/** What is nested a thousand times has a path as long as that. */
const MAX_PATH = 200

function named(path: string): string {
  return path.length > MAX_PATH ? `${path.slice(0, MAX_PATH)}…` : path || 'the value'
}

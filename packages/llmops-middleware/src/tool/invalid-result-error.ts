import { LlmOpsError } from '../errors.ts'
import type { SchemaIssue } from '../repair/index.ts'

/** A tool returned what its `output` schema does not take. */
export class InvalidResultError extends LlmOpsError {
  static override readonly name = 'InvalidResultError'
  static readonly code = 'invalid_result'
  readonly code = InvalidResultError.code
  /** The name of the tool. */
  readonly tool: string
  /** What the schema does not accept, by path. */
  readonly issues: readonly SchemaIssue[]
  /** What it returned, as JSON can say it. */
  readonly result: unknown

  constructor(tool: string, issues: readonly SchemaIssue[], result: unknown, cause?: unknown) {
    const said = issues.map(({ path, message }) => `${path || 'it'} ${message}`).join('; ')
    super(`${tool} returned what its \`output\` does not take: ${said}.`, cause === undefined ? undefined : { cause })
    this.tool = tool
    this.issues = issues
    this.result = result
  }
}

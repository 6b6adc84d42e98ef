import { LlmOpsError } from '../errors.ts'
import type { SchemaIssue } from '../repair/index.ts'

/** A tool returned a result that its `output` schema does not accept, or that JSON has nothing of, such as a `Response`. */
export class InvalidResultError extends LlmOpsError {
  static override readonly name = 'InvalidResultError'
  static readonly code = 'invalid_result'
  readonly code = InvalidResultError.code
  /** The name of the tool. */
  readonly tool: string
  /** What is not accepted, with the path of each value. */
  readonly issues: readonly SchemaIssue[]
  /** What the tool returned, converted to JSON. */
  readonly result: unknown

  constructor(
    tool: string,
    issues: readonly SchemaIssue[],
    result: unknown,
    cause?: unknown,
    returned = `a result that its \`output\` does not accept: ${textOf(issues)}`,
  ) {
    super(`${tool} returned ${returned}.`, cause === undefined ? undefined : { cause })
    this.tool = tool
    this.issues = issues
    this.result = result
  }
}

function textOf(issues: readonly SchemaIssue[]): string {
  return issues.map(({ path, message }) => `${path || 'it'} ${message}`).join('; ')
}

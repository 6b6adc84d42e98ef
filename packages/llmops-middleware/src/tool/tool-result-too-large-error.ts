import { LlmOpsError } from '../errors.ts'

/**
 * The result of a tool with an `output` schema is larger than `maxResultBytes`. It is not cut, because then it would
 * not fit the schema.
 */
export class ToolResultTooLargeError extends LlmOpsError {
  static override readonly name = 'ToolResultTooLargeError'
  static readonly code = 'tool_result_too_large'
  readonly code = ToolResultTooLargeError.code
  /** The name of the tool. */
  readonly tool: string
  /** The maximum size of a result, in bytes. */
  readonly maxBytes: number
  /** The start of the result, cut to `maxBytes`. */
  readonly result: unknown

  constructor(tool: string, maxBytes: number, result: unknown) {
    super(
      `The result of ${tool} has more than ${maxBytes.toLocaleString('en')} bytes of JSON (\`maxResultBytes\`). Ask it for less.`,
    )
    this.tool = tool
    this.maxBytes = maxBytes
    this.result = result
  }
}

import { LlmOpsError } from '../errors.ts'

/** A tool with an `output` schema found more than a model should read; what is cut would not keep to the schema. */
export class ToolResultTooLargeError extends LlmOpsError {
  static override readonly name = 'ToolResultTooLargeError'
  static readonly code = 'tool_result_too_large'
  readonly code = ToolResultTooLargeError.code
  /** The name of the tool. */
  readonly tool: string
  /** The longest result that is accepted, in bytes. */
  readonly maxBytes: number
  /** As much of it as `maxBytes` take. */
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

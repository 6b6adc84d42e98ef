import { LlmOpsError } from '../errors.ts'

/** A tool found more than a model should read. */
export class ToolResultTooLargeError extends LlmOpsError {
  static override readonly name = 'ToolResultTooLargeError'
  static readonly code = 'tool_result_too_large'
  readonly code = ToolResultTooLargeError.code
  readonly tool: string
  readonly bytes: number
  readonly maxBytes: number

  constructor(tool: string, bytes: number, maxBytes: number) {
    super(`The result of ${tool} has ${bytes} bytes; at most ${maxBytes} are passed on. Ask it for less.`)
    this.tool = tool
    this.bytes = bytes
    this.maxBytes = maxBytes
  }
}

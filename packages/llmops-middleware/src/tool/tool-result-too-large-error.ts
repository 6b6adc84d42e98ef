import { LlmOpsError } from '../errors.ts'

/** A tool found more than a model should read. */
export class ToolResultTooLargeError extends LlmOpsError {
  readonly code = 'tool_result_too_large'
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

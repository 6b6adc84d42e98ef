import { LlmOpsError } from '../errors.ts'

/** A tool did not answer in its time. Whether it did something is not known. */
export class ToolTimeoutError extends LlmOpsError {
  static override readonly name = 'ToolTimeoutError'
  static readonly code = 'tool_timeout'
  readonly code = ToolTimeoutError.code
  readonly isUnavailable = true
  readonly tool: string
  readonly timeoutMs: number

  constructor(tool: string, timeoutMs: number) {
    super(`${tool} did not answer within ${timeoutMs} ms.`)
    this.tool = tool
    this.timeoutMs = timeoutMs
  }
}

import { LlmOpsError } from '../errors.ts'

/** A tool did not answer within its timeout. Whether it had an effect is not known. */
export class ToolTimeoutError extends LlmOpsError {
  static override readonly name = 'ToolTimeoutError'
  static readonly code = 'tool_timeout'
  readonly code = ToolTimeoutError.code
  /** Makes a fallback chain call its next function. */
  readonly isUnavailable = true
  /** The name of the tool. */
  readonly tool: string
  /** The timeout, in milliseconds. */
  readonly timeoutMs: number

  constructor(tool: string, timeoutMs: number) {
    super(`${tool} did not answer within ${timeoutMs} ms (\`timeoutMs\`).`)
    this.tool = tool
    this.timeoutMs = timeoutMs
  }
}

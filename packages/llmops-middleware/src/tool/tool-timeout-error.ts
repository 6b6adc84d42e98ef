import { LlmOpsError } from '../errors.ts'

/** A tool did not answer in its time. Whether it did something is not known. */
export class ToolTimeoutError extends LlmOpsError {
  static override readonly name = 'ToolTimeoutError'
  static readonly code = 'tool_timeout'
  readonly code = ToolTimeoutError.code
  /** Marks it as "it cannot be reached": a fallback chain goes on to its next link. */
  readonly isUnavailable = true
  /** The name of the tool. */
  readonly tool: string
  /** The time that it had, in milliseconds. */
  readonly timeoutMs: number

  constructor(tool: string, timeoutMs: number) {
    super(`${tool} did not answer within ${timeoutMs} ms (\`timeoutMs\`).`)
    this.tool = tool
    this.timeoutMs = timeoutMs
  }
}

import { LlmOpsError } from '../errors.ts'

/** A task has called a tool with the same arguments too often, and got the same result each time. */
export class ToolLoopError extends LlmOpsError {
  static override readonly name = 'ToolLoopError'
  static readonly code = 'loop'
  readonly code = ToolLoopError.code
  /** The name of the tool. */
  readonly tool: string
  /** How often it was called with these arguments. */
  readonly calls: number

  /** @param cause what the tool threw each time, if it threw */
  constructor(tool: string, calls: number, cause?: unknown) {
    const message =
      `${tool} was called ${calls} times in this task with the same arguments and the same result. ` +
      "Answer with what you have, or stop. If the tool polls, set its `maxRepeats: 'off'`."
    super(message, cause === undefined ? undefined : { cause })
    this.tool = tool
    this.calls = calls
  }
}

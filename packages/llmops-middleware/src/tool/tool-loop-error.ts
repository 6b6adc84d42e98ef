import { LlmOpsError } from '../errors.ts'

/** A task has called a tool with the same arguments again and again, and it gave the same result each time. */
export class ToolLoopError extends LlmOpsError {
  static override readonly name = 'ToolLoopError'
  static readonly code = 'loop'
  readonly code = ToolLoopError.code
  /** The name of the tool. */
  readonly tool: string
  /** How often it was called so. */
  readonly calls: number

  /** @param cause what the tool threw each time, if it did. */
  constructor(tool: string, calls: number, cause?: unknown) {
    const message =
      `${tool} was called ${calls} times in this task with the same arguments and the same result. ` +
      "Answer with what there is, or stop. A tool that polls has `maxRepeats: 'off'`."
    super(message, cause === undefined ? undefined : { cause })
    this.tool = tool
    this.calls = calls
  }
}

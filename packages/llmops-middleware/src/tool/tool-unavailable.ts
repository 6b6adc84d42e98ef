import { LlmOpsError } from '../errors.ts'

/** Thrown by a tool that cannot be reached and did nothing: the chain goes on to its next link. */
export class ToolUnavailable extends LlmOpsError {
  static override readonly name = 'ToolUnavailable'
  static readonly code = 'tool_unavailable'
  readonly code = ToolUnavailable.code
  /** What marks every error that means "it cannot be reached". */
  readonly isUnavailable = true
  /** The name of the tool. */
  readonly tool: string

  constructor(tool: string, { reason, cause }: { readonly reason?: string; readonly cause?: unknown } = {}) {
    super(`${tool} is unavailable${reason ? `: ${reason}` : ''}.`, cause === undefined ? undefined : { cause })
    this.tool = tool
  }

  override get publicMessage(): string {
    return 'A tool is unavailable.'
  }
}

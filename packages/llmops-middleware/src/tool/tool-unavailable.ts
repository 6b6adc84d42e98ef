import { LlmOpsError } from '../errors.ts'

/** Throw it in a tool function that is unavailable and did nothing. A fallback chain calls its next function. */
export class ToolUnavailable extends LlmOpsError {
  static override readonly name = 'ToolUnavailable'
  static readonly code = 'tool_unavailable'
  readonly code = ToolUnavailable.code
  /** Marks an error that means "the tool is unavailable". */
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

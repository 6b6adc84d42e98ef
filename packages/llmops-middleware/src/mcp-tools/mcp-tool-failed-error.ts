import { LlmOpsError } from '../errors.ts'

/** The server of an MCP tool answered that the call failed (`isError`). */
export class McpToolFailedError extends LlmOpsError {
  static override readonly name = 'McpToolFailedError'
  static readonly code = 'mcp_tool_failed'
  readonly code = McpToolFailedError.code
  /** The name of the tool. */
  readonly tool: string
  /** What the server said, for the model. */
  readonly said: string
  /** The code that a server of this library gave as `_meta['llmops/code']`. */
  readonly serverCode: string | undefined

  constructor(tool: string, said: string, serverCode?: string) {
    super(`${tool} failed: ${said || 'its server gave no reason.'}`)
    this.tool = tool
    this.said = said
    this.serverCode = serverCode
  }
}

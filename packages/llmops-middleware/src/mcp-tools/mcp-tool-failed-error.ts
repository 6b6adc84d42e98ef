import { LlmOpsError } from '../errors.ts'

/** The server of an MCP tool reported that the call failed (`isError`). */
export class McpToolFailedError extends LlmOpsError {
  static override readonly name = 'McpToolFailedError'
  static readonly code = 'mcp_tool_failed'
  readonly code = McpToolFailedError.code
  /** The name of the tool. */
  readonly tool: string
  /** The error text of the server, for the model. */
  readonly said: string
  /** The code in `_meta['llmops/code']`, which servers of this library send. */
  readonly serverCode: string | undefined

  constructor(tool: string, said: string, serverCode?: string) {
    super(`${tool} failed: ${said || 'its server gave no reason.'}`)
    this.tool = tool
    this.said = said
    this.serverCode = serverCode
  }
}

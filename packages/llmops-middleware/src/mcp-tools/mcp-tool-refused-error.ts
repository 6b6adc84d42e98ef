import { LlmOpsError } from '../errors.ts'

/**
 * Why a tool of an MCP server is not called:
 * - `changed`: its definition is another than the one that was pinned, or than the one that this tool was made of
 * - `new`: the file of pins does not have it
 * - `unusable`: its definition cannot be used; the message says why
 */
export type McpRefusalReason = 'changed' | 'new' | 'unusable'

/** A tool of an MCP server was not called: what its server says of it is not what was accepted, or cannot be used. */
export class McpToolRefusedError extends LlmOpsError {
  static override readonly name = 'McpToolRefusedError'
  static readonly code = 'mcp_tool_refused'
  readonly code = McpToolRefusedError.code
  /** As its server calls it. */
  readonly tool: string
  /** Why the tool is not called. */
  readonly reason: McpRefusalReason

  constructor(tool: string, reason: McpRefusalReason, message: string) {
    super(message)
    this.tool = tool
    this.reason = reason
  }
}

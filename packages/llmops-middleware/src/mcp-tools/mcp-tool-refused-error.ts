import { LlmOpsError } from '../errors.ts'

/**
 * Why a tool of an MCP server is not called:
 * - `changed`: its definition differs from the pinned one, or from the one that this tool was created from
 * - `new`: it is not in the file of pins
 * - `unusable`: its definition cannot be used; the message says why
 */
export type McpRefusalReason = 'changed' | 'new' | 'unusable'

/** A tool of an MCP server was not called: its definition was not accepted, or cannot be used. */
export class McpToolRefusedError extends LlmOpsError {
  static override readonly name = 'McpToolRefusedError'
  static readonly code = 'mcp_tool_refused'
  readonly code = McpToolRefusedError.code
  /** The name of the tool on its server. */
  readonly tool: string
  /** Why the tool is not called. */
  readonly reason: McpRefusalReason

  constructor(tool: string, reason: McpRefusalReason, message: string) {
    super(message)
    this.tool = tool
    this.reason = reason
  }
}

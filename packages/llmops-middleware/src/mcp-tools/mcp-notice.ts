import { notify } from '../notify.ts'
import type { McpRefusalReason } from './mcp-tool-refused-error.ts'

/** A notice about a tool of an MCP server. */
export type McpNotice = {
  /** The name of the tool on its server. */
  readonly tool: string
  /**
   * Why it was refused, or what happened to it. `gone`: the server no longer has it. `output`: its output schema is
   * invalid, so results are not checked.
   */
  readonly kind: McpRefusalReason | 'gone' | 'output'
  /** Whether its calls are refused. */
  readonly isRefused: boolean
  /** What happened, in words. */
  readonly message: string
}

export function tell(onNotice: ((notice: McpNotice) => void) | undefined, notice: McpNotice): void {
  if (onNotice) notify('onNotice', onNotice, notice)
  else process.emitWarning(notice.message, { type: 'McpToolWarning', code: `mcp_tool_${notice.kind}` })
}

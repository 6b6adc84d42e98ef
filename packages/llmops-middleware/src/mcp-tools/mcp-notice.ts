import { notify } from '../notify.ts'
import type { McpRefusalReason } from './mcp-tool-refused-error.ts'

/** What somebody should know of a tool of an MCP server. */
export type McpNotice = {
  /** As its server calls it. */
  readonly tool: string
  /** Why it was refused, or what happened to it: `output` is a schema of results that cannot be used, so none is checked. */
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

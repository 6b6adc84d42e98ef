/** What can be watched while the agent works. */
export type AgentEvents = {
  /** A piece of what the model says. Text before a tool call is thinking aloud and comes too. */
  readonly onDelta?: (text: string) => void
  readonly onTool?: (event: ToolEvent) => void
}

export type ToolEvent = { readonly tool: string; readonly status: 'ok' | 'fallback' | 'error' }

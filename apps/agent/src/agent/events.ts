/** Who watches may slow the agent down, to the speed at which its caller reads. */
export type Wait = Promise<void> | undefined

/** What can be watched while the agent works. */
export type AgentEvents = {
  /** A piece of what the model says. Text before a tool call is thinking aloud and comes too. */
  readonly onDelta?: (text: string) => Wait
  readonly onTool?: (event: ToolEvent) => Wait
}

export type ToolEvent = { readonly tool: string; readonly status: 'ok' | 'fallback' | 'error' }

/** A promise that the agent awaits before it goes on, so that it is no faster than its caller reads. */
export type Wait = Promise<void> | undefined

/** Callbacks for what happens while the agent works. */
export type AgentEvents = {
  /** Called with each piece of the model's text, also with text that comes before a tool call. */
  readonly onDelta?: (text: string) => Wait
  readonly onTool?: (event: ToolEvent) => Wait
}

export type ToolEvent = { readonly tool: string; readonly status: 'ok' | 'fallback' | 'error' }

const REASONS: ReadonlySet<string> = new Set([
  // The caller left.
  'aborted',
  'client_disconnected',
  // The tenant has spent its own money.
  'budget_exceeded',
  // The provider refuses what was asked.
  'content_filter',
  'invalid_prompt',
  'context_length_exceeded',
])

/**
 * Whether a task or a tool call failed by its caller's doing. Such a failure is counted, but it is no sample of how
 * good the agent is: whoever closes ten tabs must not have a good release taken back.
 */
export function isCallersDoing(reason: string): boolean {
  return REASONS.has(reason)
}

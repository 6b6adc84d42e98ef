/** Tools that the application runs, by the start of their types; whatever else has a type runs at the provider. */
const OWN_TOOLS = /^(function|custom|namespace|local_shell|apply_patch|computer|bash|text_editor|memory|tool_search)/

/**
 * Whether the provider runs one of these tools: what it finds is billed as input (OpenAI's and Anthropic's web search,
 * MCP, code, files), and no one knows before how much that is.
 */
export function hostsTools(tools: unknown): boolean {
  return Array.isArray(tools) && tools.some(isHosted)
}

function isHosted(
  tool: { readonly type?: unknown; readonly environment?: { readonly type?: unknown } } | null,
): boolean {
  const { type, environment } = tool ?? {}
  if (type === undefined || type === null) return false
  if (type === 'shell') return environment?.type !== 'local'
  // A set of tools stands for any number of definitions that are in no request.
  return !OWN_TOOLS.test(String(type)) || String(type).includes('toolset')
}

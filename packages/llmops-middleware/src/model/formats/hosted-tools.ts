/** Tools that the application runs, by the start of their type. Tools of any other type run at the provider. */
const OWN_TOOLS = /^(function|custom|namespace|local_shell|apply_patch|computer|bash|text_editor|memory|tool_search)/

/**
 * Whether the provider runs one of these tools (web search, MCP, code, files). Their results are billed as input, whose
 * size is not known in advance.
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
  // A toolset stands for any number of definitions that are not in the request.
  return !OWN_TOOLS.test(String(type)) || String(type).includes('toolset')
}

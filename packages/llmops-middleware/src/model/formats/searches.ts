type Item = { readonly type?: unknown; readonly action?: { readonly type?: unknown } | null } | null

type ToolUsage = { readonly web_search?: { readonly num_requests?: unknown } | null } | null | undefined

/**
 * Returns how often the provider has searched. Opening a page costs nothing (developers.openai.com, pricing). One call can
 * be several searches, which only the usage of the tool reports.
 */
export function searchesIn(
  output: unknown,
  toolUsage: unknown,
): { readonly webSearches?: number; readonly fileSearches?: number } {
  let webSearches = 0
  let fileSearches = 0
  for (const item of (Array.isArray(output) ? output : []) as readonly Item[]) {
    if (item?.type === 'web_search_call' && (item.action?.type ?? 'search') === 'search') webSearches++
    if (item?.type === 'file_search_call') fileSearches++
  }
  webSearches = Math.max(webSearches, countOr((toolUsage as ToolUsage)?.web_search?.num_requests, 0))
  return { ...(webSearches > 0 ? { webSearches } : {}), ...(fileSearches > 0 ? { fileSearches } : {}) }
}

/** The number of searches held for a request that does not limit them. */
export const UNBOUNDED_SEARCHES = 10

const NO_SEARCHES = { webSearches: 0, fileSearches: 0 }

/** OpenRouter searches for names with this end, and with its plugin (openrouter.ai/docs, web search). */
const ONLINE = /:online$/

function searchesByPlugin({ model, plugins }: Readonly<Record<string, unknown>>): boolean {
  return ONLINE.test(String(model)) || (Array.isArray(plugins) && plugins.some((plugin) => plugin?.id === 'web'))
}

/**
 * Returns the most searches of a request's tools. Anthropic limits them per tool, the Responses API all together. The plugin
 * of OpenRouter asks $4 for a thousand results, so its price is less than that of so many searches.
 */
export function mostSearches(body: Readonly<Record<string, unknown>>): {
  readonly webSearches: number
  readonly fileSearches: number
} {
  const { tools, max_tool_calls: most } = body
  if (searchesByPlugin(body)) return { webSearches: UNBOUNDED_SEARCHES, fileSearches: 0 }
  if (!Array.isArray(tools) || tools.length === 0) return NO_SEARCHES
  const bound = (kind: string) =>
    tools
      .filter((tool) =>
        String(tool?.type)
          .replace(/^openrouter:/, '')
          .startsWith(kind),
      )
      .reduce((sum: number, tool) => sum + countOr(tool.max_uses, countOr(most, UNBOUNDED_SEARCHES)), 0)
  return { webSearches: bound('web_search'), fileSearches: bound('file_search') }
}

function countOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : otherwise
}

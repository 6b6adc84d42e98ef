import { ToolUnavailable } from 'llmops-middleware/fallback'

const TIMEOUT_MS = 3000
const MAX_RESULTS = 3

/** Searches the shop's site: `GET SEARCH_URL?q=…` → `{ results: [{ title, url, text }] }`. */
export function webSearch(searchUrl: URL | undefined) {
  return async function webSearch({ query }: { query: string }, { signal }: { signal: AbortSignal }) {
    if (!searchUrl) throw new ToolUnavailable('web search', { reason: 'SEARCH_URL is not set' })
    const url = new URL(searchUrl)
    url.searchParams.set('q', query)
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) })
    if (!response.ok) throw new ToolUnavailable('web search', { reason: `it responded with status ${response.status}` })
    const { results } = (await response.json()) as { results?: unknown }
    if (!Array.isArray(results) || results.length === 0) {
      throw new ToolUnavailable('web search', { reason: 'it found nothing' })
    }
    return { source: 'web search', results: results.slice(0, MAX_RESULTS) }
  }
}

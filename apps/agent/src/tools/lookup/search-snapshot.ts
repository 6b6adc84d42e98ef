import { ToolUnavailable } from 'llmops-middleware/fallback'
import { type Article, findArticles } from '../article.ts'
import { readDataFile } from '../data-file.ts'

export type Snapshot = { readonly takenOn: string; readonly results: readonly Article[] }

/** Results of the web search, saved on the day `takenOn`: a little old, but always available. */
export function searchSnapshot() {
  const { takenOn, results } = readDataFile<Snapshot>('search-snapshot.json')
  return function searchSnapshot({ query }: { query: string }) {
    const found = findArticles(results, query, 2)
    if (found.length === 0) throw new ToolUnavailable('search snapshot', { reason: 'it has no result for this query' })
    return { source: `web search of ${takenOn}`, results: found.map(({ title, url, text }) => ({ title, url, text })) }
  }
}

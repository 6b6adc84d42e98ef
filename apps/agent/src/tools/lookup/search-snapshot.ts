import { ToolUnavailable } from 'llmops-middleware/fallback'
import { type Article, findArticles } from '../article.ts'
import { readDataFile } from '../data-file.ts'

export type Snapshot = { readonly takenOn: string; readonly results: readonly Article[] }

/** What the web search found on the day of the snapshot: a little old, and always there. */
export function searchSnapshot() {
  const { takenOn, results } = readDataFile<Snapshot>('search-snapshot.json')
  return function searchSnapshot({ query }: { query: string }) {
    const found = findArticles(results, query, 2)
    if (found.length === 0) throw new ToolUnavailable('search snapshot', { reason: 'it has nothing on this' })
    return { source: `web search of ${takenOn}`, results: found.map(({ title, url, text }) => ({ title, url, text })) }
  }
}

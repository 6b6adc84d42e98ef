import { type Article, findArticles } from '../article.ts'
import { readDataFile } from '../data-file.ts'

/** The shop's own articles. As the last fallback it always returns something: if no article fits, the list of topics. */
export function helpCentre() {
  const articles = readDataFile<Article[]>('help-centre.json')
  const topics = articles.map(({ title }) => title)
  return function helpCentre({ query }: { query: string }) {
    const found = findArticles(articles, query, 2)
    if (found.length === 0) return { source: 'help centre', results: [], topics }
    return { source: 'help centre', results: found.map(({ title, text }) => ({ title, text })) }
  }
}

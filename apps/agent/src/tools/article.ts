/** A text that can answer a question, and the keywords by which it is found. */
export type Article = {
  readonly title: string
  readonly keywords: readonly string[]
  readonly text: string
  readonly url?: string
  /** Whether the text only introduces the assistant. A question about that needs no tool. */
  readonly isIntroduction?: boolean
}

/** The `limit` articles with the most keywords in the question, best first. Ties keep their order. */
export function findArticles<A extends Article>(articles: readonly A[], question: string, limit: number): A[] {
  const words = ` ${question.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ')} `
  return articles
    .map((article) => ({ article, score: scoreOf(article, words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ article }) => article)
}

/** Each keyword in the question counts its number of words: a phrase says more than a single word. */
function scoreOf({ keywords }: Article, words: string): number {
  return keywords.reduce(
    (score, keyword) => score + (words.includes(` ${keyword} `) ? keyword.split(' ').length : 0),
    0,
  )
}

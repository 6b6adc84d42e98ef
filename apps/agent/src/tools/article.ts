/** A text that can answer a question, and the words that lead to it. */
export type Article = {
  readonly title: string
  readonly keywords: readonly string[]
  readonly text: string
  readonly url?: string
  /** Set where it tells who answers here, not a fact that one would have to look up. */
  readonly isIntroduction?: boolean
}

/** The best `limit` articles, by how much of their keywords the question contains. Ties keep their order. */
export function findArticles<A extends Article>(articles: readonly A[], question: string, limit: number): A[] {
  const words = ` ${question.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ')} `
  return articles
    .map((article) => ({ article, score: scoreOf(article, words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ article }) => article)
}

/** A phrase of two words says more than two words apart. */
function scoreOf({ keywords }: Article, words: string): number {
  return keywords.reduce(
    (score, keyword) => score + (words.includes(` ${keyword} `) ? keyword.split(' ').length : 0),
    0,
  )
}

import { type Article, findArticles } from '../article.ts'
import { readDataFile } from '../data-file.ts'
import type { Snapshot } from './search-snapshot.ts'

const GREETING =
  /^(hello|hi|hey|dear|good (morning|afternoon|evening)|thanks|thank you|ok|okay|and|so|but)\b( there)?[\s,]*/i
const ASKING =
  /^(what|where|when|which|who|how|why|do|does|did|is|are|can|could|will|would|should|may|must|tell|explain|show|describe|please|i (want|need|would like)|i'd like)\b/i

/**
 * Whether the question is about the topic of an article. Only sentences that ask something count: "Thanks for the help
 * with my return" names a topic, but asks nothing.
 */
export function asksAboutShop() {
  const articles = [
    ...readDataFile<Article[]>('help-centre.json'),
    ...readDataFile<Snapshot>('search-snapshot.json').results,
  ].filter(({ isIntroduction }) => !isIntroduction)
  return (question: string): boolean => {
    const sentences = question.match(/[^.!?\n]+[.!?]*/g) ?? []
    const asked = sentences.filter(isAsking).join(' ')
    return findArticles(articles, asked, 1).length > 0
  }
}

function isAsking(sentence: string): boolean {
  const words = sentence.trim()
  return words.endsWith('?') || ASKING.test(words.replace(GREETING, ''))
}

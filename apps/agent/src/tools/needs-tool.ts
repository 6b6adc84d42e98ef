import { namesConversion } from './convert-currency.ts'
import { namesOrder } from './get-order.ts'
import { asksAboutShop } from './lookup/index.ts'

/** Whether only a tool knows the answer to a question. An answer without a tool call is then a guess. */
export type NeedsTool = (question: string) => boolean

/**
 * Each tool recognizes the questions that certainly need it. A greeting, thanks or a question back need no tool. Nor
 * does a request for a ticket, because the agent may first have to ask what to write in it.
 */
export function createNeedsTool(): NeedsTool {
  const recognizers = [namesOrder(), namesConversion(), asksAboutShop()]
  return (question) => {
    const relevant = withoutThanks(question)
    return recognizers.some((recognizes) => recognizes(relevant))
  }
}

/** A sentence of thanks may name an order ("Thanks, ORD-1001 arrived!") without asking anything. */
function withoutThanks(question: string): string {
  const sentences = question.match(/[^.!?\n]+[.!?]*/g) ?? []
  return sentences.filter((sentence) => !/^\s*(thanks|thank you)\b[^?]*$/i.test(sentence)).join('')
}

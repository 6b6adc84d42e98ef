import { namesConversion } from './convert-currency.ts'
import { namesOrder } from './get-order.ts'
import { asksAboutShop } from './lookup/index.ts'

/** Whether only a tool knows what is asked: then an answer without one is a guess, whatever it says. */
export type NeedsTool = (question: string) => boolean

/**
 * Each tool knows what it is asked for, and only what is certain counts: nobody has to look something up to greet, to
 * thank, or to ask back. A ticket is not among them: what to write in it may have to be asked first.
 */
export function createNeedsTool(): NeedsTool {
  const ways = [namesOrder(), namesConversion(), asksAboutShop()]
  return (question) => {
    const said = withoutThanks(question)
    return ways.some((isAsked) => isAsked(said))
  }
}

/** Who thanks for an order names it, and asks nothing. */
function withoutThanks(question: string): string {
  const sentences = question.match(/[^.!?\n]+[.!?]*/g) ?? []
  return sentences.filter((sentence) => !/^\s*(thanks|thank you)\b[^?]*$/i.test(sentence)).join('')
}

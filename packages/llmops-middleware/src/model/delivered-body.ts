import type { ReadText } from './answer/index.ts'
import type { Delivered } from './answered-calls.ts'
import { DeliveredText } from './formats/index.ts'
import type { ModelCall } from './model-call.ts'

/** So much of a text tells how many tokens its characters make. */
const SAMPLE_LENGTH = 100_000

/**
 * What the body of a whole answer tells of its tokens.
 *
 * @param isBroken whether nobody can read it.
 */
export function deliveredBody({ format, request }: ModelCall, read: ReadText, isBroken: boolean): Delivered {
  const isRead = read.text !== undefined
  const text = isRead ? read.text : read.begun
  const size = isRead ? text.length : Math.max(read.bytes, text.length)
  const bound = () => {
    if (format.operation === 'embeddings') return 0
    if (format.streamReader(request).hidesTokens) return undefined
    // What did not come is text of which nothing is known: no token is less than a byte.
    return tokensOf(text) + (size - text.length)
  }
  return { as: 'whole', size, bound, isBroken }
}

function tokensOf(text: string): number {
  const counted = new DeliveredText()
  counted.add(text, 0, Math.min(text.length, SAMPLE_LENGTH))
  const { tokens } = counted
  return text.length <= SAMPLE_LENGTH ? tokens : Math.ceil((tokens * text.length) / SAMPLE_LENGTH)
}

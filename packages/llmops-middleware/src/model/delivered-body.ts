import type { ReadText } from './answer/index.ts'
import type { Delivered } from './answered-calls.ts'
import { DeliveredText } from './formats/index.ts'
import type { ModelCall } from './model-call.ts'

/** The tokens of a longer text are extrapolated from a sample of this length. */
const SAMPLE_LENGTH = 100_000

/**
 * Returns what the body of a whole answer says about its tokens.
 *
 * @param isBroken whether the body cannot be read
 */
export function deliveredBody({ format, request }: ModelCall, read: ReadText, isBroken: boolean): Delivered {
  const isRead = read.text !== undefined
  const text = isRead ? read.text : read.begun
  const size = isRead ? text.length : Math.max(read.bytes, text.length)
  const bound = () => {
    if (format.operation === 'embeddings') return 0
    if (format.streamReader(request).hidesTokens) return undefined
    // The part that did not arrive has at most one token per byte.
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

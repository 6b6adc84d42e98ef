import type { Message, Part } from './message.ts'

const MARK = '…'

/** A text of at most this length, whose mark says that it was longer. */
export function limitedText(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, Math.max(0, maxLength - MARK.length))}${MARK}`
}

/**
 * Messages as JSON of at most this length. The latest say most of a call: the earliest are left out first, and of one that
 * does not fit at all each text is cut. Undefined where even that does not fit.
 */
export function limitedMessages(messages: readonly Message[], maxLength: number): string | undefined {
  let kept: readonly Message[] = []
  // The brackets around, and a comma for each.
  let length = 2
  for (const message of messages.toReversed()) {
    length += JSON.stringify(message).length + 1
    if (length > maxLength + 1) break
    kept = [message, ...kept]
  }
  if (kept.length > 0 || messages.length === 0) return JSON.stringify(kept)
  const last = messages.at(-1)!
  for (let share = maxLength; share >= 1; share = Math.floor(share / 2)) {
    const json = JSON.stringify([{ ...last, parts: limitedParts(last.parts, share) }])
    if (json.length <= maxLength) return json
  }
  return undefined
}

/** Parts as JSON, each text cut so that all fit. */
export function limitedPartsJson(parts: readonly Part[], maxLength: number): string | undefined {
  for (let share = maxLength; share >= 1; share = Math.floor(share / 2)) {
    const json = JSON.stringify(limitedParts(parts, share))
    if (json.length <= maxLength) return json
  }
  return undefined
}

function limitedParts(parts: readonly Part[], maxLength: number): readonly Part[] {
  return parts.map((part) => {
    if ('content' in part) return { ...part, content: limitedText(part.content, maxLength) }
    if ('arguments' in part) return { ...part, arguments: limitedText(textOf(part.arguments), maxLength) }
    if ('response' in part) return { ...part, response: limitedText(textOf(part.response), maxLength) }
    return part
  })
}

/** A value as text; what cannot be JSON has none. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}

import type { Message, Part } from '../../messages/index.ts'

const MARK = '…'

/** Cuts a text to at most `maxLength` characters. A cut text ends with a mark. */
export function limitedText(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, Math.max(0, maxLength - MARK.length))}${MARK}`
}

/**
 * Messages as JSON of at most `maxLength` characters. The latest messages say most about a call, so the earliest are
 * left out first. If not even the last one fits, its texts are cut. Undefined if that does not fit either.
 */
export function limitedMessages(messages: readonly Message[], maxLength: number): string | undefined {
  let kept: readonly Message[] = []
  // The two brackets; each message also adds a comma.
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

/** Parts as JSON of at most `maxLength` characters, with each text cut as needed. Undefined if they do not fit. */
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

/** A value as text. Empty if the value cannot be converted to JSON. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}

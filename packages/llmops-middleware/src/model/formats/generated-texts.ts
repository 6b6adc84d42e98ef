import type { DeliveredText } from './delivered-text.ts'

/** Fields whose text the model did not generate. */
const NOT_GENERATED = new Set(['role', 'id', 'type', 'format', 'signature'])

/** Speech is 24 kHz PCM of 16 bits, with one token per 50 ms (platform.openai.com/docs/guides/realtime-costs). */
const SPEECH_BASE64_PER_TOKEN = (24_000 * 2 * 0.05 * 4) / 3

/**
 * Counts all texts of a delta, whatever their field: content, reasoning, refusals, tool arguments, transcripts. Returns the
 * text and its key if there is exactly one.
 */
export function countTexts(delta: unknown, delivered: DeliveredText): { key: string; text: string } | undefined {
  const texts: { key: string; text: string }[] = []
  collect(delta, texts)
  for (const { key, text } of texts) {
    if (key === 'data') delivered.addTokens(text.length / SPEECH_BASE64_PER_TOKEN)
    else delivered.add(text)
  }
  return texts.length === 1 && texts[0]!.key !== 'data' ? texts[0] : undefined
}

/** Deeper than any delta. Limits the recursion. */
const MAX_DEPTH = 8

function collect(value: unknown, texts: { key: string; text: string }[], key = '', depth = 0): void {
  if (typeof value === 'string') {
    if (value !== '' && !NOT_GENERATED.has(key)) texts.push({ key, text: value })
  } else if (typeof value === 'object' && value !== null && depth < MAX_DEPTH) {
    for (const [name, inner] of Object.entries(value)) {
      collect(inner, texts, Array.isArray(value) ? key : name, depth + 1)
    }
  }
}

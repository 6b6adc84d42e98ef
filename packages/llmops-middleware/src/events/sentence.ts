import type { Completion, ModelResult } from '../model/index.ts'
import { readSafely } from '../read-safely.ts'

/** In characters. A longer body is a page, not an error message. */
const MOST_PARSED = 65_536

/** Returns the error message of the provider, or of our refusal. Undefined if there is none. */
export function sentenceOf(result: ModelResult | undefined, { error }: Completion): string | undefined {
  return sentenceIn(error) ?? bodySentence(result && 'text' in result.body ? result.body.text : undefined)
}

function bodySentence(text: string | undefined): string | undefined {
  if (text === undefined || text === '' || text.length > MOST_PARSED) return undefined
  try {
    return sentenceIn(JSON.parse(text))
  } catch {
    // The error page of a proxy has its message in the title.
    return /<title>([^<]{1,200})/i.exec(text)?.[1] ?? (text.startsWith('<') ? undefined : text)
  }
}

/** The members that have the message at OpenAI, Anthropic, Google and gateways. */
const PLACES = ['message', 'error', 'detail', 'error_description', 'msg', 'title'] as const

function sentenceIn(value: unknown, depth = 4): string | undefined {
  if (typeof value !== 'object' || value === null || depth === 0) return undefined
  if (Array.isArray(value)) return sentenceIn(value[0], depth - 1)
  for (const place of PLACES) {
    const said = readSafely(value, place)
    if (typeof said === 'string' && said !== '') return said
    const inside = sentenceIn(said, depth - 1)
    if (inside !== undefined) return inside
  }
  return undefined
}

import type { Completion, ModelResult } from '../model/index.ts'
import { readSafely } from '../read-safely.ts'

/** A body that is longer is a page, not a sentence. */
const MOST_PARSED = 65_536

/** What the provider said to explain a failure, or we did; undefined where nobody said anything. */
export function sentenceOf(result: ModelResult | undefined, { error }: Completion): string | undefined {
  return sentenceIn(error) ?? bodySentence(result && 'text' in result.body ? result.body.text : undefined)
}

function bodySentence(text: string | undefined): string | undefined {
  if (text === undefined || text === '' || text.length > MOST_PARSED) return undefined
  try {
    return sentenceIn(JSON.parse(text))
  } catch {
    // A proxy's page says what it is in its title.
    return /<title>([^<]{1,200})/i.exec(text)?.[1] ?? (text.startsWith('<') ? undefined : text)
  }
}

/** OpenAI, Anthropic, Google and gateways each have a place for it. */
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

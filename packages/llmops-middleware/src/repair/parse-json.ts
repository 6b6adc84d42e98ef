import { jsonrepair } from 'jsonrepair'

/** Longer text is not worth repairing; a model that says so much has gone astray. */
const MAX_REPAIR_LENGTH = 200_000

/**
 * The value that a model meant to write as JSON: as it is, out of its code fence, out of the prose around it, or mended.
 * Undefined when there is none: plain prose is not a value, though `jsonrepair` would make it a string.
 */
export function parseJson(text: string): { readonly value: unknown; readonly wasRepaired: boolean } | undefined {
  const whole = tryParse(text)
  if (whole) return { ...whole, wasRepaired: false }
  if (text.length > MAX_REPAIR_LENGTH) return undefined
  for (const candidate of candidates(text)) {
    const parsed = tryParse(candidate) ?? tryRepair(candidate)
    if (parsed && typeof parsed.value === 'object' && parsed.value !== null) return { ...parsed, wasRepaired: true }
  }
  return undefined
}

/** From the most to the least likely place of the value. */
function* candidates(text: string): Generator<string> {
  const fenced = /```(?:\w+)?\s*\n?([\s\S]*?)```/.exec(text)?.[1]
  if (fenced) yield fenced
  const start = text.search(/[{[]/)
  if (start < 0) return
  const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'))
  if (end > start) yield text.slice(start, end + 1)
  yield text.slice(start)
}

function tryParse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

function tryRepair(text: string): { value: unknown } | undefined {
  try {
    return tryParse(jsonrepair(text))
  } catch {
    return undefined
  }
}

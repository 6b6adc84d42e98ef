import { jsonrepair } from 'jsonrepair'
import { parseExact } from './exact-numbers.ts'
import { normalizeJson } from './normalize-json.ts'
import type { FreeRepair } from './repair-options.ts'

/** Longer text is not worth repairing; a model that says so much has gone astray. */
const MAX_REPAIR_LENGTH = 200_000

export type ParsedJson =
  /** `json` is the text that the value was parsed from, repaired if that was needed. */
  | { readonly ok: true; readonly value: unknown; readonly json: string; readonly repairs: readonly FreeRepair[] }
  /** `problem` completes a sentence that begins with the text: "is not JSON". */
  | { readonly ok: false; readonly problem: string }

/**
 * The value that a model meant to write as JSON: the whole text as it is, then in another spelling (`normalizeJson`), and
 * then, where `canComplete`, with what is missing: brackets, quotes, values. Text that was cut is completed too, so this
 * is for arguments of functions that change nothing. Plain prose is not a value, though `jsonrepair` would make it a
 * string.
 */
export function parseJson(text: string, { canComplete }: { readonly canComplete: boolean }): ParsedJson {
  const whole = tryParse(text)
  if (whole) return { ok: true, ...whole, repairs: [] }
  if (text.length > MAX_REPAIR_LENGTH) return { ok: false, problem: 'is not JSON' }
  const normalized = normalizeJson(text)
  if (normalized.kind === 'json') {
    return { ok: true, value: parseExact(normalized.json), json: normalized.json, repairs: ['spelling'] }
  }
  const completed = canComplete ? complete(text) : undefined
  if (completed) return { ok: true, ...completed, repairs: ['completion'] }
  const isCut = normalized.kind === 'cut'
  return { ok: false, problem: isCut ? 'is cut off: it ends before its last bracket. Write it again' : 'is not JSON' }
}

function complete(text: string): Parsed | undefined {
  for (const candidate of candidates(text)) {
    const repaired = tryRepair(candidate)
    if (repaired && typeof repaired.value === 'object' && repaired.value !== null) return repaired
  }
  return undefined
}

/** The text from the first bracket on, without a fence around it; then without the prose after it. */
function* candidates(text: string): Generator<string> {
  const start = text.search(/[{[]/)
  if (start < 0) return
  const fence = text.slice(0, start).includes('```') ? text.lastIndexOf('```') : -1
  const rest = fence > start ? text.slice(start, fence) : text.slice(start)
  yield rest
  const value = rest.slice(0, Math.max(rest.lastIndexOf('}'), rest.lastIndexOf(']')) + 1)
  // Closing it here would drop what stands after its last bracket.
  if (isBalanced(value)) yield value
}

function isBalanced(text: string): boolean {
  const bare = text.replace(/"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'/g, '')
  return bare.match(/[{[]/g)?.length === bare.match(/[}\]]/g)?.length
}

type Parsed = { readonly value: unknown; readonly json: string }

function tryParse(json: string): Parsed | undefined {
  try {
    return { value: parseExact(json), json }
  } catch {
    return undefined
  }
}

function tryRepair(text: string): Parsed | undefined {
  try {
    return tryParse(jsonrepair(text))
  } catch {
    return undefined
  }
}

import { isTooDeep, MAX_DEPTH } from '../nesting.ts'
import { duplicateKey } from './duplicate-keys.ts'
import { parseExact } from './exact-numbers.ts'
import { normalizeJson } from './normalize-json.ts'
import type { FreeRepair } from './repair-options.ts'

/** A longer text is not read, because a model that writes so much is out of control. */
const MAX_LENGTH = 20_000_000
/** A longer text is not repaired. */
const MAX_REPAIR_LENGTH = 2_000_000

export type ParsedJson =
  /** `json` is the text that the value was parsed from, after repair. */
  | { readonly ok: true; readonly value: unknown; readonly json: string; readonly repairs: readonly FreeRepair[] }
  /** `problem` completes a sentence whose subject is the text: "is not JSON". */
  | { readonly ok: false; readonly problem: string }

export type ParseOptions = {
  /** Whether the text may be in another spelling of JSON. @default true */
  readonly canNormalize?: boolean
  /** Whether missing quotes and brackets may be added, for arguments of functions that change nothing. */
  readonly canComplete: boolean
  /** The name of the tool that is called, if it is known. */
  readonly tool?: string | undefined
}

/**
 * Parses a value that a model wrote as JSON, or in another spelling of it (`normalizeJson`). Plain prose is not a
 * value.
 */
export function parseJson(text: string, { canNormalize = true, canComplete, tool }: ParseOptions): ParsedJson {
  if (text.length > MAX_LENGTH) {
    return { ok: false, problem: `has ${text.length} characters; at most ${MAX_LENGTH} are read` }
  }
  const isDeep = isTooDeep(text)
  try {
    if (!isDeep) return asItIs(text)
  } catch (error) {
    if (!canNormalize) return { ok: false, problem: `is not JSON: ${(error as Error).message}` }
  }
  if (isDeep && (!canNormalize || text.length > MAX_REPAIR_LENGTH)) {
    return { ok: false, problem: `is nested deeper than ${MAX_DEPTH}` }
  }
  if (text.length > MAX_REPAIR_LENGTH) {
    return {
      ok: false,
      problem: `is not JSON, and its ${text.length} characters are more than the ${MAX_REPAIR_LENGTH} that are repaired`,
    }
  }
  const normalized = normalizeJson(text, { canComplete, tool })
  switch (normalized.kind) {
    case 'json': {
      const { json, wasCompleted } = normalized
      return { ok: true, value: parseExact(json), json, repairs: [wasCompleted ? 'completion' : 'spelling'] }
    }
    case 'cut':
      return { ok: false, problem: 'is cut off: it ends before its last bracket. Write it again' }
    case 'other':
      return { ok: false, problem: `${normalized.problem}${where(text, normalized.at)}` }
  }
}

/** @throws SyntaxError if it is not JSON. */
function asItIs(json: string): ParsedJson {
  const value = parseExact(json)
  const duplicate = duplicateKey(json, value)
  if (duplicate) return { ok: false, problem: `${duplicate.problem}${where(json, duplicate.at)}` }
  return { ok: true, value, json, repairs: [] }
}

function where(text: string, at: number): string {
  if (text === '') return ''
  const near = text.slice(Math.max(0, at - 20), at + 20)
  return `, at character ${Math.min(at + 1, text.length)} of ${text.length}, near ${JSON.stringify(near)}`
}

import type { SchemaIssue } from './schema.ts'

const MAX_DEPTH = 64
const MAX_STRING_LENGTH = 1_000_000
const MAX_NAME_LENGTH = 1000
/** Names that reach an object's prototype instead of its own fields. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

/** What is wrong with a number, if anything. */
type CheckNumber = (value: number) => string | undefined

const finite: CheckNumber = (value) => (Number.isFinite(value) ? undefined : `is ${value}, which JSON cannot say`)

/** What no tool should be handed, whatever its schema allows. */
export function checkPlain(value: unknown, checkNumber = finite, path = '', depth = 0): SchemaIssue | undefined {
  if (typeof value === 'string' && value.length > MAX_STRING_LENGTH) {
    return { path, message: `is longer than ${MAX_STRING_LENGTH} characters` }
  }
  if (typeof value === 'number') {
    const message = finite(value) ?? checkNumber(value)
    return message === undefined ? undefined : { path, message }
  }
  if (typeof value !== 'object' || value === null) return undefined
  if (depth >= MAX_DEPTH) return { path, message: `is nested deeper than ${MAX_DEPTH}` }
  for (const key of Object.keys(value)) {
    if (key.length > MAX_NAME_LENGTH) return { path, message: `has a name longer than ${MAX_NAME_LENGTH} characters` }
    const at = `${path}/${key}`
    if (FORBIDDEN_KEYS.has(key)) return { path: at, message: 'is not a name that a field may have' }
    const issue = checkPlain((value as Record<string, unknown>)[key], checkNumber, at, depth + 1)
    if (issue) return issue
  }
  return undefined
}

import { MAX_DEPTH } from '../nesting.ts'
import { pointerTo } from './pointer.ts'
import type { SchemaIssue } from './schema.ts'

const MAX_STRING_LENGTH = 1_000_000
const MAX_NAME_LENGTH = 1000
/** In all lists and objects of the value together. */
const MAX_VALUES = 500_000
/** Names that access an object's prototype instead of its own fields. The first is never allowed as a field. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype'])
const NO_NAMES: ReadonlySet<unknown> = new Set()

export type PlainOptions = {
  /** Returns what is wrong with a number; undefined if it is valid. */
  readonly checkNumber?: (value: number) => string | undefined
  /** The names of fields that the schema declares. */
  readonly names?: ReadonlySet<unknown> | undefined
}

function finite(value: number): string | undefined {
  return Number.isFinite(value) ? undefined : `is ${value}, which JSON cannot represent`
}

/** Finds values that no tool should get, whatever its schema allows. */
export function checkPlain(value: unknown, options: PlainOptions = {}): SchemaIssue | undefined {
  return new PlainCheck(options).issueIn(value, '', 0)
}

class PlainCheck {
  readonly #options: PlainOptions
  #left = MAX_VALUES

  constructor(options: PlainOptions) {
    this.#options = options
  }

  issueIn(value: unknown, path: string, depth: number): SchemaIssue | undefined {
    if (--this.#left < 0) return { path: '', message: `has more than ${MAX_VALUES} values` }
    if (typeof value === 'string') return issueInText(value, path)
    if (typeof value === 'number') {
      const message = finite(value) ?? this.#options.checkNumber?.(value)
      return message === undefined ? undefined : { path, message }
    }
    if (typeof value !== 'object' || value === null) return undefined
    if (depth >= MAX_DEPTH) return { path, message: `is nested deeper than ${MAX_DEPTH}` }
    for (const key of Object.keys(value)) {
      if (key.length > MAX_NAME_LENGTH) return { path, message: `has a name longer than ${MAX_NAME_LENGTH} characters` }
      if (!key.isWellFormed()) return { path, message: `has a name that ${HALF_A_CHARACTER}` }
      const at = `${path}${pointerTo(key)}`
      if (isForbidden(key, this.#options)) return { path: at, message: 'is not a name that a field may have' }
      const issue = this.issueIn((value as Record<string, unknown>)[key], at, depth + 1)
      if (issue) return issue
    }
    return undefined
  }
}

function issueInText(text: string, path: string): SchemaIssue | undefined {
  if (text.length > MAX_STRING_LENGTH) return { path, message: `is longer than ${MAX_STRING_LENGTH} characters` }
  return text.isWellFormed() ? undefined : { path, message: HALF_A_CHARACTER }
}

/** It was cut, or its escapes were damaged. UTF-8 has no form for it, so the function would act on another text. */
const HALF_A_CHARACTER = 'has half a character: a surrogate without its other half'

function isForbidden(key: string, { names = NO_NAMES }: PlainOptions): boolean {
  return FORBIDDEN_KEYS.has(key) && (key === '__proto__' || !names.has(key))
}

import { readSafely } from './read-safely.ts'

/** An application's error around that of a framework around that of an SDK; errors may be circles. */
const DEEPEST = 8
/** Errors that have lists of others may be very many. */
const MOST = 1000

/**
 * `error`: OpenAI and Anthropic, and each of our `causes`; `cause`: wrappers; `causes`: a chain of tools; `errors`:
 * AggregateError; `message`: Google, whose errors have the body there; the others: the AI SDK, whose own reading drops the
 * details.
 */
const INSIDE = ['error', 'cause', 'causes', 'lastError', 'errors', 'responseBody', 'message'] as const

/** An error and everything that SDKs and frameworks keep inside of one, the nearest first. */
export function* errorsInside(thrown: unknown): Generator<object, undefined> {
  const seen = new Set<object>()
  let level: readonly unknown[] = [thrown]
  for (let depth = 0; depth < DEEPEST && level.length > 0; depth++) {
    const inside: unknown[] = []
    for (const each of level) {
      const value = typeof each === 'string' ? parsed(each) : each
      if (typeof value !== 'object' || value === null || seen.has(value) || seen.size === MOST) continue
      seen.add(value)
      yield value
      // A list of causes is as deep as one cause.
      for (const name of INSIDE) inside.push(...[readSafely(value, name) ?? []].flat())
    }
    level = inside
  }
}

/** The body of an answer; what else is text has nothing inside. */
function parsed(text: string): unknown {
  if (!text.includes('"code"')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'string' ? undefined : value
  } catch {
    return undefined
  }
}

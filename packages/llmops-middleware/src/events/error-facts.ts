import type { ErrorSummary } from './event.ts'
import { redacted } from './redact.ts'

/** A chain that is longer tells nothing more. */
const MOST_ERRORS = 8
const CODE = /^[\w.-]{1,64}$/
/** Where errors keep others: whoever wraps, AggregateError, a chain of tools, the AI SDK. */
const CAUSES = ['cause', 'errors', 'causes', 'lastError'] as const

/** An error and its causes, the outermost first, as plain objects: errors may be circles, and their getters may throw. */
export function errorChain(thrown: unknown, hide: (text: string) => string = redacted): readonly ErrorSummary[] {
  if (thrown === undefined || thrown === null) return []
  const chain: ErrorSummary[] = []
  const seen = new Set<unknown>()
  const waiting: unknown[] = [thrown]
  while (waiting.length > 0 && chain.length < MOST_ERRORS) {
    const error = waiting.shift()
    if (error === undefined || error === null || seen.has(error)) continue
    seen.add(error)
    chain.push(factsOf(error, hide))
    if (typeof error !== 'object') continue
    for (const name of CAUSES) {
      const inside = member(error, name)
      // Of many errors at once the first few are as good as all.
      if (Array.isArray(inside)) waiting.push(...inside.slice(0, MOST_ERRORS))
      else waiting.push(inside)
    }
  }
  return chain
}

function factsOf(error: unknown, hide: (text: string) => string): ErrorSummary {
  if (typeof error !== 'object' || error === null) return { name: typeof error, message: hide(asText(error)) }
  const name = member(error, 'name')
  const message = member(error, 'message')
  const code = member(error, 'code')
  const status = member(error, 'status') ?? member(error, 'statusCode')
  return {
    name: typeof name === 'string' && CODE.test(name) ? name : 'Error',
    message: typeof message === 'string' ? hide(withoutQuotes(error, message)) : '',
    ...(typeof code === 'string' && CODE.test(code) && redacted(code) === code && { code }),
    ...(typeof status === 'number' && { status }),
  }
}

/** Undefined where somebody's getter throws. */
function member(of: object, name: string): unknown {
  try {
    return (of as Readonly<Record<string, unknown>>)[name]
  } catch {
    return undefined
  }
}

function asText(value: unknown): string {
  try {
    return String(value)
  } catch {
    return ''
  }
}

/** `JSON.parse` quotes what it could not read, and that is what a model or a tool said. */
function withoutQuotes(error: object, message: string): string {
  return error instanceof SyntaxError || member(error, 'name') === 'SyntaxError'
    ? message
        .replace(/(?:\.\.\.)?"[\s\S]*"(?:\.\.\.)?(?= is not valid JSON)/, '[…]')
        .replace(/token '[\s\S]{1,2}'/, 'token')
    : message
}

import { readSafely } from '../read-safely.ts'
import type { ErrorSummary } from './event.ts'
import { redacted, redactedWord } from './redact.ts'

/** The most errors of a chain. */
const MOST_ERRORS = 8
/** The properties with inner errors: of wrapping errors, AggregateError, fallback chains, the AI SDK. */
const CAUSES = ['cause', 'errors', 'causes', 'lastError'] as const

/**
 * Returns an error and its causes, the outermost first, as plain objects. Errors may be circular, and their getters may
 * throw.
 *
 * @param thrown anything that was thrown
 * @param hide removes secrets from a text; by default, text that looks like a secret is removed
 */
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
      const inside = readSafely(error, name)
      // The first few of many errors are enough.
      if (Array.isArray(inside)) waiting.push(...inside.slice(0, MOST_ERRORS))
      else waiting.push(inside)
    }
  }
  return chain
}

function factsOf(error: unknown, hide: (text: string) => string): ErrorSummary {
  if (typeof error !== 'object' || error === null) return { name: typeof error, message: hide(asText(error)) }
  const name = readSafely(error, 'name')
  const message = readSafely(error, 'message')
  const code = readSafely(error, 'code')
  const status = readSafely(error, 'status') ?? readSafely(error, 'statusCode')
  const at = code === undefined && status === undefined ? thrownAt(readSafely(error, 'stack')) : undefined
  return {
    name: typeof name === 'string' ? redactedWord(name) : 'Error',
    message: typeof message === 'string' ? hide(withoutQuotes(error, message)) : '',
    ...(typeof code === 'string' && { code: redactedWord(code) }),
    ...(typeof status === 'number' && { status }),
    ...(at !== undefined && { at }),
  }
}

const FRAME = /^\s+at (.{1,300})$/

/** Returns the frames of a stack, the innermost first, without the message before them. */
export function framesOf(stack: unknown): readonly string[] {
  if (typeof stack !== 'string') return []
  const lines = stack.slice(-20_000).split('\n')
  // Lines of the message may look like frames.
  const first = lines.findLastIndex((line) => !FRAME.test(line)) + 1
  return lines.slice(first).map((line) => FRAME.exec(line)![1]!.replace(/file:\/\/|\?[^:)]*/g, ''))
}

/** Returns the first frame in the code of the application, which says more than frames of packages and of Node.js. */
function thrownAt(stack: unknown): string | undefined {
  const frames = framesOf(stack)
  const own = frames.find((frame) => !/node_modules|node:/.test(frame)) ?? frames[0]
  return own === undefined ? undefined : redacted(own)
}

function asText(value: unknown): string {
  try {
    return String(value)
  } catch {
    return ''
  }
}

/** `JSON.parse` quotes the text that it could not parse, which is content of a model or a tool. */
function withoutQuotes(error: object, message: string): string {
  return readSafely(error, 'name') === 'SyntaxError'
    ? message
        .replace(/(?:\.\.\.)?"[\s\S]*"(?:\.\.\.)?(?= is not valid JSON)/, '[…]')
        .replace(/token '[\s\S]{1,2}'/, 'token')
    : message
}

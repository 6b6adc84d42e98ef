import { errorsInside } from '../errors-inside.ts'

/** An error of a model SDK, in the same shape for all. */
export type ModelError = {
  /** The status of the answer; undefined without an answer. */
  readonly status: number | undefined
  readonly headers: Headers | undefined
  /** What the answer says of the error, and what SDKs keep around it, the nearest first. */
  readonly told: Iterable<object>
}

/** Errors of SDKs may be wrapped several times, and may be circular. */
const DEEPEST = 8

/**
 * Finds the error of a model SDK: what was thrown, or what it wraps, as the RetryError of the AI SDK, LangChain and
 * applications do. Undefined for any other error.
 */
export function modelErrorIn(thrown: unknown, depth = DEEPEST): ModelError | undefined {
  if (typeof thrown !== 'object' || thrown === null || depth === 0) return undefined
  const { status, statusCode, headers, responseHeaders, lastError, cause } = thrown as SdkError
  // The SDKs of OpenAI and Anthropic set this on each of their errors.
  if ('requestID' in thrown) {
    return { status: numberOf(status), headers: headers as Headers | undefined, told: errorsInside(thrown) }
  }
  if ('responseBody' in thrown && 'isRetryable' in thrown) {
    return { status: numberOf(statusCode), headers: headersOf(responseHeaders), told: errorsInside(thrown) }
  }
  return modelErrorIn(lastError, depth - 1) ?? modelErrorIn(cause, depth - 1)
}

type SdkError = {
  readonly status?: unknown
  readonly headers?: unknown
  /** Of the AI SDK. */
  readonly statusCode?: unknown
  readonly responseHeaders?: unknown
  /** Of its RetryError. */
  readonly lastError?: unknown
  readonly cause?: unknown
}

const numberOf = (value: unknown) => (typeof value === 'number' ? value : undefined)

function headersOf(value: unknown): Headers | undefined {
  return typeof value === 'object' && value !== null ? new Headers(value as Record<string, string>) : undefined
}

import { retryAfterMs } from './retry-after.ts'

/** The result of an attempt, which decides what to do next. */
export type Verdict =
  | { readonly kind: 'answered' }
  /** Retry the same target, after `waitMs` if it says when. */
  | { readonly kind: 'retry'; readonly waitMs?: number; readonly isOverloaded?: true }
  /** Try another target; this one will not answer. */
  | { readonly kind: 'next' }
  /** Try only targets with a larger context. */
  | { readonly kind: 'larger' }
  /** Stop: a content filter, a wrong key, an invalid request, no money. */
  | { readonly kind: 'never' }

/** How much of an error is read to classify it. */
export const ERROR_TEXT_LENGTH = 4096

/** The codes of providers and of Azure for a prompt that does not fit. */
const TOO_LONG = /context_length_exceeded|string_above_max_length|prompt is too long/

/** The names, within a stream, of errors that have a 4xx status outside of one. */
const REFUSED =
  /content_|safety|policy|filter|invalid_(request|prompt|api_key)|bad_request|unsupported|image|authentication|permission|forbidden|not_found|too_(long|large)|billing/
/** An account without money will not have any after a retry; another target's account may. */
const OUT_OF_MONEY = /insufficient_quota/
const OUT_OF_ROOM = /rate_limit|too_many_requests|quota/

/** Classifies the provider's error inside a stream like the error response that it would be outside of one. */
export function classifyFailure(error: unknown): Verdict {
  return classifyResponse(statusOf(error), new Headers(), JSON.stringify(error).slice(0, ERROR_TEXT_LENGTH), 0)
}

function statusOf(error: unknown): number {
  const { status, code, type } = error as {
    readonly status?: unknown
    readonly code?: unknown
    readonly type?: unknown
  }
  const said = [status, code].map(Number).find((number) => number >= 400 && number < 600)
  if (said !== undefined) return said
  const names = `${code} ${type} ${status}`
  // Everything else is a 500, including overload, because an overloaded provider may be down for long.
  return OUT_OF_ROOM.test(names) ? 429 : TOO_LONG.test(names) || REFUSED.test(names) ? 400 : 500
}

/** @param errorText the start of the body of an error; '' for an answer. */
export function classifyResponse(status: number, headers: Headers, errorText: string, nowMs: number): Verdict {
  if (status < 400) return { kind: 'answered' }
  if (status === 429) {
    if (OUT_OF_MONEY.test(errorText)) return { kind: 'next' }
    const waitMs = retryAfterMs(headers, nowMs)
    return { kind: 'retry', isOverloaded: true, ...(waitMs === undefined ? {} : { waitMs }) }
  }
  if (status === 400 || status === 413) return TOO_LONG.test(errorText) ? { kind: 'larger' } : { kind: 'never' }
  if (status === 408 || status === 409) return { kind: 'retry' }
  if (status < 500) return { kind: 'never' }
  const waitMs = retryAfterMs(headers, nowMs)
  return waitMs === undefined ? { kind: 'retry' } : { kind: 'retry', waitMs }
}

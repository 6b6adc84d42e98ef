import { retryAfterMs } from './retry-after.ts'

/** What an attempt came to, and so what to do. Decided here, once. */
export type Verdict =
  | { readonly kind: 'answered' }
  /** The same target may do better: `waitMs` when it says when. */
  | { readonly kind: 'retry'; readonly waitMs?: number; readonly isOverloaded?: true }
  /** This target will not; another may. */
  | { readonly kind: 'next' }
  /** Only a target with a larger context may. */
  | { readonly kind: 'larger' }
  /** Nobody may: a content filter, a wrong key, a wrong request, no money. */
  | { readonly kind: 'never' }

/** The codes of providers and of Azure for a prompt that does not fit. */
const TOO_LONG = /context_length_exceeded|string_above_max_length|prompt is too long/

/** @param errorText the start of the body of an error; '' for an answer. */
export function classifyResponse(status: number, headers: Headers, errorText: string, nowMs: number): Verdict {
  if (status < 400) return { kind: 'answered' }
  if (status === 429) {
    const waitMs = retryAfterMs(headers, nowMs)
    return { kind: 'retry', isOverloaded: true, ...(waitMs === undefined ? {} : { waitMs }) }
  }
  if (status === 400 || status === 413) return TOO_LONG.test(errorText) ? { kind: 'larger' } : { kind: 'never' }
  if (status === 408 || status === 409) return { kind: 'retry' }
  if (status < 500) return { kind: 'never' }
  const waitMs = retryAfterMs(headers, nowMs)
  return waitMs === undefined ? { kind: 'retry' } : { kind: 'retry', waitMs }
}

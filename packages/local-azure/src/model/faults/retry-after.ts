import type { Fault } from './fault.ts'

/** The headers with which a refusal asks the client to wait. */
export function retryAfterHeaders(
  { retryAfterMs, retryAfterForm = 'seconds' }: Pick<Fault, 'retryAfterMs' | 'retryAfterForm'>,
  nowMs: number,
): Record<string, string> {
  if (retryAfterMs === undefined) return {}
  switch (retryAfterForm) {
    case 'milliseconds':
      return { 'retry-after-ms': String(retryAfterMs) }
    case 'date':
      return { 'retry-after': new Date(nowMs + retryAfterMs).toUTCString() }
    case 'seconds':
      return { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }
  }
}

/** Ways in which providers misbehave. Each stands for one that the field reports. */
export const FAULT_KINDS = [
  'rate_limit',
  'server_error',
  'unavailable',
  'reset',
  'hang',
  'slow_first_token',
  'cut',
  'cut_clean',
  'stall',
  'malformed_event',
  'missing_done',
  'malformed_json',
  'context_length',
  'content_filter',
  'content_filter_stream',
  'prefill_rejected',
  'endless_body',
  'wrong_content_type',
] as const

export type FaultKind = (typeof FAULT_KINDS)[number]

export type Fault = {
  readonly kind: FaultKind
  /** How many requests it hurts. Default 1; `Infinity` until cleared. */
  readonly times?: number
  /** Only requests for this model. */
  readonly model?: string
  /** Share of the requests it hurts, by the endpoint's seed. Default 1. */
  readonly probability?: number
  /** Stream events before `cut`, `cut_clean`, `stall`, `malformed_event` and `endless_body`. Default 3. */
  readonly afterEvents?: number
  /** What refuses says when to come back. */
  readonly retryAfterMs?: number
  /** How Retry-After is said. Default `seconds`. */
  readonly retryAfterForm?: 'seconds' | 'milliseconds' | 'date'
  /** `slow_first_token`: how slow. Default 1000. */
  readonly delayMs?: number
}

/** Faults of providers. Each has been reported in the field. */
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
  /** The number of requests to which it applies; `Infinity` until it is cleared. @default 1 */
  readonly times?: number
  /** Applies only to requests for this model. */
  readonly model?: string
  /** Share of the requests to which it applies, chosen with the endpoint's seed. @default 1 */
  readonly probability?: number
  /** Stream events before `cut`, `cut_clean`, `stall`, `malformed_event` and `endless_body`. @default 3 */
  readonly afterEvents?: number
  /** When a refusal asks the client to retry, in milliseconds. */
  readonly retryAfterMs?: number
  /** The format of Retry-After. @default 'seconds' */
  readonly retryAfterForm?: 'seconds' | 'milliseconds' | 'date'
  /** The delay of `slow_first_token`, in milliseconds. @default 1000 */
  readonly delayMs?: number
}

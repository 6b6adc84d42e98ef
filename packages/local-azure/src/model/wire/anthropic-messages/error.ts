import type { WireError } from '../wire.ts'

/** platform.claude.com/docs/en/api/errors */
const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
}

export function anthropicError({ status, message }: WireError) {
  return { type: 'error', error: { type: TYPES[status] ?? 'api_error', message } }
}

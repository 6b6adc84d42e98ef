import { type ErrorCode, httpStatusOf } from '../../error-codes.ts'
import type { ErrorFacts, WireFormat } from '../wire-format.ts'

/** What we answer in place of the provider has a code of the table, and with it a status. */
export type OwnErrorFacts = ErrorFacts & { readonly code: ErrorCode }

/**
 * An answer of ours in the provider's own error shape, with the status of its code. It is a response and not a throw:
 * what is thrown inside `fetch` reaches the SDK's caller as a connection error, after retries and without its code.
 */
export function errorResponse(
  format: WireFormat,
  error: OwnErrorFacts,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(format.errorBody(error)), {
    status: httpStatusOf(error.code),
    headers: { 'content-type': 'application/json', 'x-should-retry': 'false', ...headers },
  })
}

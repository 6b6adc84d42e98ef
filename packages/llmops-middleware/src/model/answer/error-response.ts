import type { ErrorFacts, WireFormat } from '../wire-format.ts'

/**
 * An answer of ours in the provider's own error shape. It is a response and not a throw: what is thrown inside `fetch`
 * reaches the SDK's caller as a connection error, after retries and without its code.
 */
export function errorResponse(
  format: WireFormat,
  status: number,
  error: ErrorFacts,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(format.errorBody(error)), {
    status,
    headers: { 'content-type': 'application/json', 'x-should-retry': 'false', ...headers },
  })
}

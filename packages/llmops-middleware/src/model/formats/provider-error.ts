type Body = Readonly<Record<string, unknown>>

/** Returns the error, if there is one: an object or a text. */
export function providerError(error: unknown): { readonly error?: unknown } {
  return error ? { error } : {}
}

/**
 * Returns the error in a body that has a status of success but no answer: the provider's `error`, or the forms of other
 * servers: `object: 'error'` (vLLM), `detail` (FastAPI), `message`, `error_code` and `success: false` (gateways),
 * `base_resp` (MiniMax), `fault` (Apigee), `Output.__type` (AWS).
 *
 * @param generated the part of the body that would contain an answer; its content may have been generated and billed
 */
export function errorInPlaceOf(generated: unknown, body: Body): { readonly error?: unknown } {
  const parts: readonly unknown[] = Array.isArray(generated) ? generated : []
  if (!parts.every(isFailed)) return {}
  return providerError(body['error'] || (parts.length > 0 || isErrorBody(body) ? body : undefined))
}

/** Whether a choice is an error, as OpenRouter sends one. */
function isFailed(part: unknown): boolean {
  const { error, finish_reason: reason, message } = (part ?? {}) as Body
  const isEmpty = !(message as Body | undefined)?.['content'] && !(message as Body | undefined)?.['tool_calls']
  return isEmpty && (Boolean(error) || reason === 'error')
}

/** Whether a body without an answer reports an error in another field than `error`. */
export function isErrorBody(body: Body): boolean {
  const { object, type, detail, message, error_code: code, success, base_resp: minimax, fault, Output: aws } = body
  const isNamed = object === 'error' || type === 'error' || success === false
  // MiniMax sends a status code with each answer; 0 means no error.
  const isCoded = Boolean((minimax as Body | null | undefined)?.['status_code'])
  const isFault = Boolean(fault) || Boolean((aws as Body | null | undefined)?.['__type'])
  return (
    isNamed || isCoded || isFault || Boolean(detail) || Boolean(code) || (typeof message === 'string' && message !== '')
  )
}

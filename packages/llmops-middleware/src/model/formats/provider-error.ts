type Body = Readonly<Record<string, unknown>>

/** The error that stands where an answer should, if there is one: an object, or a text. */
export function providerError(error: unknown): { readonly error?: unknown } {
  return error ? { error } : {}
}

/**
 * The error of a body that came with a status of success and has nothing of an answer in it: the provider's own `error`,
 * or what servers write that say so in another way: `object: 'error'` (vLLM), `detail` (FastAPI), `message`, `error_code` and
 * `success: false` (gateways), `base_resp` (MiniMax), `fault` (Apigee), `Output.__type` (AWS).
 *
 * @param generated what of the body an answer would be in: whatever it holds may have been generated, and billed.
 */
export function errorInPlaceOf(generated: unknown, body: Body): { readonly error?: unknown } {
  const parts: readonly unknown[] = Array.isArray(generated) ? generated : []
  if (!parts.every(isFailed)) return {}
  return providerError(body['error'] || (parts.length > 0 || isErrorBody(body) ? body : undefined))
}

/** A choice that is an error in place of a choice, as OpenRouter sends one. */
function isFailed(part: unknown): boolean {
  const { error, finish_reason: reason, message } = (part ?? {}) as Body
  const isEmpty = !(message as Body | undefined)?.['content'] && !(message as Body | undefined)?.['tool_calls']
  return isEmpty && (Boolean(error) || reason === 'error')
}

/** Whether what has nothing of an answer in it says that there was an error, though it is not called one. */
export function isErrorBody(body: Body): boolean {
  const { object, type, detail, message, error_code: code, success, base_resp: minimax, fault, Output: aws } = body
  const isNamed = object === 'error' || type === 'error' || success === false
  // MiniMax says so of each answer: 0 is none.
  const isCoded = Boolean((minimax as Body | null | undefined)?.['status_code'])
  const isFault = Boolean(fault) || Boolean((aws as Body | null | undefined)?.['__type'])
  return (
    isNamed || isCoded || isFault || Boolean(detail) || Boolean(code) || (typeof message === 'string' && message !== '')
  )
}

/** The request never left: nothing can have happened at the other side. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** It may have left before the connection broke. */
const MAY_BE_SENT = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
])

/**
 * Whether an error means that a tool cannot be reached, so that another may answer: it says so of itself
 * (`isUnavailable`), a timeout, or a network error. A wrong argument or a bug is not: the next link would hide it.
 */
export function isUnavailable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { isUnavailable, name } = error as { isUnavailable?: unknown; name?: unknown }
  return isUnavailable === true || name === 'TimeoutError' || isNetworkError(error)
}

/** Whether the other side may have done what it was asked, though it did not say so. */
export function mayHaveHappened(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { code, name } = error as { code?: unknown; name?: unknown }
  return code === 'tool_timeout' || name === 'TimeoutError' || hasCode(error, MAY_BE_SENT)
}

function isNetworkError(error: object): boolean {
  return hasCode(error, NEVER_SENT) || hasCode(error, MAY_BE_SENT)
}

/** Node's `fetch` hides the network error in the cause of a TypeError. */
function hasCode(error: unknown, codes: ReadonlySet<string>): boolean {
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 5; depth++) {
    const { code, cause } = at as { code?: unknown; cause?: unknown }
    if (typeof code === 'string' && codes.has(code)) return true
    at = cause
  }
  return false
}

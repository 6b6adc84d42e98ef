/**
 * When a provider says to come back, in milliseconds from now: `retry-after-ms` (OpenAI, Azure), or `Retry-After` in
 * seconds or as an HTTP date (RFC 9110, section 10.2.3). Undefined when it does not say, or says nonsense.
 */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const precise = Number(headers.get('retry-after-ms') ?? Number.NaN)
  if (precise >= 0) return precise
  const value = headers.get('retry-after')
  if (value === null) return undefined
  const seconds = Number(value)
  if (seconds >= 0) return seconds * 1000
  const dateMs = Date.parse(value)
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs)
}

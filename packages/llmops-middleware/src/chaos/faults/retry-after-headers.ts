/** `Retry-After` has only whole seconds. OpenAI's SDKs read `retry-after-ms` first. */
export function retryAfterHeaders(retryAfterMs: number): Record<string, string> {
  return { 'retry-after': String(Math.ceil(retryAfterMs / 1000)), 'retry-after-ms': String(retryAfterMs) }
}

/** Gemini reports it in a header only (ai.google.dev/gemini-api/docs/priority-inference). */
const TIER_HEADER = 'x-gemini-service-tier'

/** Returns the service tier that the headers of an answer report; undefined if they report none. */
export function servedTier(headers: Headers): string | undefined {
  return headers.get(TIER_HEADER)?.toLowerCase()
}

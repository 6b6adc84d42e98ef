/** Where Cloudflare's, Helicone's, Portkey's and OpenRouter's gateways say that the answer is one of their own memory. */
const CACHE_HEADERS = ['cf-aig-cache-status', 'helicone-cache', 'x-portkey-cache-status', 'x-openrouter-cache-status']

/** Portkey's is one, too, of an answer to a similar request. */
const HIT = /^(semantic )?hit$/i

/** Whether no provider was asked, so that none bills anything. */
export function isCachedByGateway(headers: Headers): boolean {
  return CACHE_HEADERS.some((name) => HIT.test(headers.get(name) ?? ''))
}

/** Headers by which the gateways of Cloudflare, Helicone, Portkey and OpenRouter report a cache hit. */
const CACHE_HEADERS = ['cf-aig-cache-status', 'helicone-cache', 'x-portkey-cache-status', 'x-openrouter-cache-status']

/** Portkey reports `semantic hit` for the answer to a similar request. */
const HIT = /^(semantic )?hit$/i

/** Whether a gateway answered from its cache, so that no provider bills anything. */
export function isCachedByGateway(headers: Headers): boolean {
  return CACHE_HEADERS.some((name) => HIT.test(headers.get(name) ?? ''))
}

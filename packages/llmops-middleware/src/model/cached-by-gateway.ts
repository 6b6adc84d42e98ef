/** Where Cloudflare's, Helicone's and Portkey's gateways say that the answer is one of their own memory. */
const CACHE_HEADERS = ['cf-aig-cache-status', 'helicone-cache', 'x-portkey-cache-status']

/** Whether no provider was asked, so that none bills anything. */
export function isCachedByGateway(headers: Headers): boolean {
  return CACHE_HEADERS.some((name) => headers.get(name)?.toUpperCase() === 'HIT')
}

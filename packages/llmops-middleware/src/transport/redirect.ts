import type { ExchangeHead } from './exchange.ts'

export type Outgoing = {
  readonly url: URL
  readonly method: 'POST' | 'GET'
  readonly headers: Headers
  readonly body: string | null
}

/** The limit of the standard `fetch`. */
export const MAX_REDIRECTS = 20

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const OF_BODY = ['content-encoding', 'content-language', 'content-length', 'content-location', 'content-type']
const CREDENTIALS = ['authorization', 'cookie', 'proxy-authorization', 'host']

export function isRedirect({ status, headers }: ExchangeHead): boolean {
  return REDIRECTS.has(status) && headers['location'] !== undefined
}

/**
 * Returns the request after a redirect, by the rules of the standard (fetch.spec.whatwg.org/#http-redirect-fetch). The
 * interceptors of undici 6 and 7 do not implement all of them.
 *
 * @throws TypeError if it leads to what no request can be sent to.
 */
export function redirected(
  { url, method, headers, body }: Outgoing,
  { status, headers: head }: ExchangeHead,
): Outgoing {
  const location = String(head['location'])
  const target = URL.parse(location, url.href)
  if (target === null || !/^https?:$/.test(target.protocol)) {
    throw new TypeError('fetch failed', { cause: new Error(`The answer redirects to ${location}.`) })
  }
  const kept = new Headers(headers)
  if (target.origin !== url.origin) for (const name of CREDENTIALS) kept.delete(name)
  if (status === 307 || status === 308) return { url: target, method, headers: kept, body }
  for (const name of OF_BODY) kept.delete(name)
  return { url: target, method: 'GET', headers: kept, body: null }
}

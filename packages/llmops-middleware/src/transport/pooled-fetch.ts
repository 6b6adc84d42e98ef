import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici'
import { type ChecksOf, checkOptions, having } from '../check.ts'
import { type PieceSource, PieceStream, responseOf } from '../model/answer/index.ts'
import { decodedBody } from './decoded-body.ts'
import { Exchange, type ExchangeHead } from './exchange.ts'
import { fetchThrough } from './fetch-through.ts'
import { isRedirect, MAX_REDIRECTS, type Outgoing, redirected } from './redirect.ts'

/** The options of `pooledFetch`. */
export type PooledFetchOptions = {
  /**
   * Opens every connection: an undici `Agent` with your limits, a `ProxyAgent`.
   *
   * @default an `Agent` of its own for model calls; with `NODE_USE_ENV_PROXY=1` an `EnvHttpProxyAgent`, as for the global
   * `fetch`
   */
  readonly dispatcher?: Dispatcher
}

export const POOLED_FETCH_OPTIONS: ChecksOf<PooledFetchOptions> = {
  dispatcher: having('a dispatcher of undici', 'dispatch'),
}

/**
 * A `fetch` for model calls on undici's connections themselves, without what the global one spends on each request: a
 * request and headers that are copied, a second stream behind the body. It sends a POST with a body of text and asks for
 * no compression; anything else goes to undici's `fetch` through the `dispatcher`, and without one to the `fetch` that is
 * the global one when this is called.
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 * @example createLlmOps({ fetch: pooledFetch(), defaultTenant: 'contoso' })
 */
export function pooledFetch(options: PooledFetchOptions = {}): typeof fetch {
  checkOptions(options, POOLED_FETCH_OPTIONS)
  const { dispatcher = usesProxies() ? new EnvHttpProxyAgent() : new Agent() } = options
  // The current global `fetch`: later it may be replaced by a governed one that calls this function.
  const otherFetch = options.dispatcher ? fetchThrough.bind(undefined, options.dispatcher) : globalThis.fetch
  return async (input, init) => {
    const post = postOf(input, init)
    if (!post) return otherFetch(input, init)
    const { signal } = post
    if (signal?.aborted) throw signal.reason
    let request: Outgoing = post
    for (let redirects = 0; ; redirects++) {
      const { url, method, headers, body } = request
      const exchange = new Exchange(signal)
      dispatcher.dispatch({ origin: url.origin, path: url.pathname + url.search, method, headers, body }, exchange)
      const head = await exchange.head
      if (!isRedirect(head)) return answer(exchange, head, { url: url.href, redirected: redirects > 0, type: 'basic' })
      await exchange.cancel(undefined)
      if (redirects === MAX_REDIRECTS) throw new TypeError('fetch failed', { cause: new Error('Too many redirects.') })
      request = redirected(request, head)
    }
  }
}

async function answer(exchange: Exchange, head: ExchangeHead, origin: Parameters<typeof responseOf>[2]) {
  const { status, statusText } = head
  const pieces = head.headers['content-encoding'] === undefined ? exchange : await decoded(exchange, head)
  return responseOf({ status, statusText, headers: pairsOf(head) }, pieces, origin)
}

type Post = Outgoing & { readonly signal: AbortSignal | undefined }

/** Options that this function supports. Requests with any other option go to the global `fetch`. */
const PLAIN = new Set(['method', 'headers', 'body', 'signal', 'keepalive', 'duplex'])

function postOf(input: Parameters<typeof fetch>[0], init: RequestInit = {}): Post | undefined {
  const { method, body, signal } = init
  if (input instanceof Request || method?.toUpperCase() !== 'POST' || typeof body !== 'string') return undefined
  for (const name in init) if (!PLAIN.has(name) && init[name as keyof RequestInit] !== undefined) return undefined
  const headers = new Headers(init.headers)
  if (headers.has('accept-encoding') || !headers.has('content-type')) return undefined
  const url = new URL(input)
  if (url.username !== '' || url.password !== '') return undefined
  // Like the standard: the URL of an answer has no fragment, and no request names its own host.
  url.hash = ''
  headers.delete('host')
  return { url, method: 'POST', headers, body, signal: signal ?? undefined }
}

/** Whether the environment makes Node's own `fetch` use proxies. */
function usesProxies(): boolean {
  return process.env['NODE_USE_ENV_PROXY'] === '1'
}

function pairsOf({ headers }: ExchangeHead): [string, string][] {
  const pairs: [string, string][] = []
  for (const name in headers) for (const value of [headers[name] ?? []].flat()) pairs.push([name, value])
  return pairs
}

/** For a server that compresses unasked. */
async function decoded(exchange: Exchange, { headers }: ExchangeHead): Promise<PieceSource> {
  try {
    return decodedBody(new PieceStream(exchange), String(headers['content-encoding'])) ?? exchange
  } catch (cause) {
    await exchange.cancel(cause)
    throw new TypeError('fetch failed', { cause })
  }
}

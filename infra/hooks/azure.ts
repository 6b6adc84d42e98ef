import { isLoopback } from '../../apps/agent/src/settings/kinds.ts'
import { azd } from './azd.ts'

export type Answer = { readonly status: number; readonly body: unknown }

/** Azure, with the rights of the login of azd. */
export type Azure = {
  /** Sends a GET to Azure Resource Manager. All pages of a list are returned together. */
  ask(method: 'GET' | 'POST', path: string, apiVersion: string): Promise<Answer>
  /** The value of a secret, or the status of the refusal. */
  secret(vault: string, name: string): Promise<Answer>
}

const RESOURCE_MANAGER = 'https://management.azure.com'
const TIMEOUT_MS = 30_000
const MOST_PAGES = 100

/**
 * @param localUrl an address on this machine that stands in for all of Azure
 * @throws Error if there is no login.
 */
export function openAzure(localUrl = process.env['LOCAL_AZURE_URL']): Azure {
  if (localUrl && !isLoopback(new URL(localUrl).hostname)) {
    throw new Error(`LOCAL_AZURE_URL is ${localUrl}; it gets tokens, so it must be on this machine`)
  }
  const tokens = new Map<string, string>()
  const tokenFor = (scope: string) => {
    const token = tokens.get(scope) ?? azd.token(scope)
    tokens.set(scope, token)
    return token
  }
  // Gets a token at once, so that a missing login is found before any request.
  tokenFor(`${RESOURCE_MANAGER}/.default`)
  return {
    ask: (method, path, apiVersion) =>
      requestAll(
        method,
        `${localUrl ?? RESOURCE_MANAGER}${path}?api-version=${apiVersion}`,
        tokenFor(`${RESOURCE_MANAGER}/.default`),
      ),
    secret: (vault, name) =>
      request(
        'GET',
        `${localUrl ?? `https://${vault}.vault.azure.net`}/secrets/${name}?api-version=7.4`,
        tokenFor('https://vault.azure.net/.default'),
      ),
  }
}

/** Follows the pages of a list, on the same host only: they get the token. */
async function requestAll(method: string, url: string, token: string): Promise<Answer> {
  const first = await request(method, url, token)
  const value: unknown[] = []
  let { status, body } = first
  for (let page = 1; ; page++) {
    const { value: items, nextLink } = (body ?? {}) as { value?: unknown; nextLink?: unknown }
    if (page === 1 && !nextLink) return first
    if (Array.isArray(items)) value.push(...items)
    if (!nextLink || status !== 200) return { status, body: { value } }
    const next = new URL(String(nextLink), url)
    if (next.origin !== new URL(url).origin || page === MOST_PAGES) throw new Error(`the list ${url} does not end`)
    ;({ status, body } = await request('GET', next.href, token))
  }
}

async function request(method: string, url: string, token: string): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(url, { method, headers, signal: AbortSignal.timeout(TIMEOUT_MS) })
  const text = await response.text()
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : undefined }
}

import { subscribe } from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'
import type { ModelRequest, ModelRequests } from '../model/index.ts'
import type { GovernedRequests } from './global-fetch.ts'

export type UngovernedRequest = ModelRequest & { readonly by: string }

type Options = {
  readonly models: ModelRequests
  readonly governed: GovernedRequests
  readonly tell: (request: UngovernedRequest) => void
}

/** The diagnostics channels of undici, of the copy in Node and of any installed copy. */
type UndiciRequest = { readonly method: string; readonly origin: string | URL; readonly path: string }

/** Reports each POST to a model that did not use the global `fetch`: by axios, node-fetch, undici, or a `fetch` saved earlier. */
export function watchUngoverned({ models, governed, tell }: Options): void {
  const look = (method: string, url: () => string, by: string) => {
    if (method !== 'POST' || governed.hasCurrent) return
    const text = url()
    const found = URL.canParse(text) ? models.find(new URL(text)) : undefined
    if (found) tell({ ...found, by })
  }
  subscribe('undici:request:create', (message) => {
    const { method, origin, path } = (message as { request: UndiciRequest }).request
    look(method, () => String(origin) + path, 'undici, or a fetch that is not the global one')
  })
  subscribe('http.client.request.start', (message) => {
    const { request } = message as { request: ClientRequest }
    look(request.method, () => urlOf(request), 'node:http, as axios and node-fetch do')
  })
}

function urlOf(request: ClientRequest): string {
  // A request to a proxy has the whole URL as its path.
  if (URL.canParse(request.path)) return request.path
  return `${request.protocol}//${String(request.getHeader('host') ?? request.host)}${request.path}`
}

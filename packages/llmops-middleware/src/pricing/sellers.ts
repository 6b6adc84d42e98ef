import { prices } from '#on-demand'
import { hostNameOf } from '../host-name.ts'

/** Hosts come from callers, so what is remembered of them is bounded. */
const MAX_HOSTS = 1000
const sellers = new Map<string, string | undefined>()

/** Azure behind an endpoint of the user's own is recognised by its path. */
const AZURE_PATH = /\/openai\/deployments\//

/** Who sells what is answered at this URL, as the list of prices names them; undefined for a gateway or a server at home. */
export function sellerAt(url: URL): string | undefined {
  if (AZURE_PATH.test(url.pathname)) return 'azure'
  const hostname = hostNameOf(url)
  if (sellers.has(hostname)) return sellers.get(hostname)
  if (sellers.size >= MAX_HOSTS) sellers.clear()
  const seller = prices().findProvider({ providerApiUrl: `https://${hostname}/` })?.id
  sellers.set(hostname, seller)
  return seller
}

const RESIDENCY = /^([a-z]{2})\.api\.openai\.com$/

/** The location of a call to Vertex, in its path (cloud.google.com/vertex-ai/generative-ai/docs/learn/locations). */
const VERTEX_LOCATION = /\/projects\/[^/]+\/locations\/([^/]+)\//
const VERTEX_HOST = /(^|-)aiplatform\.([a-z]+\.rep\.)?googleapis\.com$/

/** What any location of Vertex but `global` is called here, because all of them have one price. */
export const ONE_LOCATION = 'regional'

/** Returns the region whose endpoint this is (developers.openai.com/api/docs/guides/data-residency): `eu`, `us`. */
export function regionAt(url: URL): string | undefined {
  const hostname = hostNameOf(url)
  if (!VERTEX_HOST.test(hostname)) return RESIDENCY.exec(hostname)?.[1]
  const location = VERTEX_LOCATION.exec(url.pathname)?.[1] ?? 'global'
  return location === 'global' ? undefined : ONE_LOCATION
}

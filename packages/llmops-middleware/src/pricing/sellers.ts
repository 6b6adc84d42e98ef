import { prices } from '#on-demand'
import { hostNameOf } from '../host-name.ts'

/** Hosts come from callers, so what is remembered of them is bounded. */
const MAX_HOSTS = 1000
const sellers = new Map<string, string | undefined>()

/** Azure behind an endpoint of its user's own is told by its path. */
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

/** Returns the region whose endpoint this is (developers.openai.com/api/docs/guides/data-residency): `eu`, `us`. */
export function regionAt(url: URL): string | undefined {
  return RESIDENCY.exec(hostNameOf(url))?.[1]
}

import { hostNameOf } from '../../host-name.ts'

/** Hosts of makers that serve only their own models. Azure and gateways serve models of many makers. */
const MAKERS: ReadonlyMap<string, string> = new Map([
  ['api.openai.com', 'openai'],
  ['api.anthropic.com', 'anthropic'],
  ['generativelanguage.googleapis.com', 'google'],
  ['api.mistral.ai', 'mistral'],
  ['api.deepseek.com', 'deepseek'],
  ['api.x.ai', 'x-ai'],
])

const AZURE = /\.azure\.(com|us|cn)$/

/** Whether a URL is Azure's, by its host, or by a path that only Azure has, for private endpoints and gateways. */
export function isAzure(url: URL): boolean {
  return AZURE.test(hostNameOf(url)) || url.pathname.includes('/openai/deployments/')
}

/** Whether a host is known to end each stream as its format promises. */
export function promisesEnd(url: URL): boolean {
  return makerAt(url) !== undefined || isAzure(url)
}

/** Whether a host includes the usage in chat streams without being asked for it. */
export function sendsUsageUnasked(url: URL): boolean {
  return makerAt(url) !== 'openai' && !isAzure(url)
}

export function makerAt(url: URL): string | undefined {
  const host = hostNameOf(url)
  return MAKERS.get(host) ?? (host.endsWith('.api.openai.com') ? 'openai' : undefined)
}

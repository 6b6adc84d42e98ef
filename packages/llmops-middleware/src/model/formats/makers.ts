/** The APIs of those who serve their own models alone; Azure and gateways serve many makers'. */
const MAKERS: ReadonlyMap<string, string> = new Map([
  ['api.openai.com', 'openai'],
  ['eu.api.openai.com', 'openai'],
  ['us.api.openai.com', 'openai'],
  ['api.anthropic.com', 'anthropic'],
  ['generativelanguage.googleapis.com', 'google'],
  ['api.mistral.ai', 'mistral'],
  ['api.deepseek.com', 'deepseek'],
  ['api.x.ai', 'x-ai'],
])

const AZURE = /\.azure\.(com|us|cn)$/

/** Whether it is Azure's, by its host or by a path that only Azure has, for private endpoints and gateways before it. */
export function isAzure({ hostname, pathname }: URL): boolean {
  return AZURE.test(hostname) || pathname.includes('/openai/deployments/')
}

/** Hosts that are known to say at the end of each stream that its answer is whole. */
export function promisesEnd(url: URL): boolean {
  return MAKERS.has(url.hostname) || isAzure(url)
}

/** Hosts that send the usage of a stream of chat to those alone who ask for it. */
export function sendsUsageUnasked(url: URL): boolean {
  return makerAt(url) !== 'openai' && !isAzure(url)
}

export function makerAt(url: URL): string | undefined {
  return MAKERS.get(url.hostname)
}

import { hostNameOf } from '../../host-name.ts'
import type { EndpointProvider } from './endpoint-table.ts'

/**
 * Hosts that serve models, with the providers whose endpoints they have; `*.` stands for any subdomain. A provider without
 * a table of its own imitates OpenAI's API.
 */
const HOSTS: readonly (readonly [host: string, ...providers: EndpointProvider[]])[] = [
  ['api.openai.com', 'openai'],
  ['*.api.openai.com', 'openai'],
  ['*.openai.azure.com', 'azure', 'openai', 'anthropic'],
  ['*.openai.azure.us', 'azure', 'openai'],
  ['*.services.ai.azure.com', 'azure', 'openai', 'anthropic'],
  ['*.cognitiveservices.azure.com', 'azure', 'openai', 'anthropic'],
  ['*.models.ai.azure.com', 'azure', 'openai'],
  ['*.inference.ml.azure.com', 'azure', 'openai'],
  ['models.inference.ai.azure.com', 'azure', 'openai'],
  ['models.github.ai', 'openai'],
  ['api.anthropic.com', 'anthropic'],
  ['generativelanguage.googleapis.com', 'google', 'openai'],
  ['aiplatform.googleapis.com', 'google', 'openai'],
  ['*-aiplatform.googleapis.com', 'google', 'openai'],
  ['aiplatform.*.rep.googleapis.com', 'google', 'openai'],
  ['api.mistral.ai', 'mistral'],
  ['codestral.mistral.ai', 'mistral'],
  ['api.cohere.com', 'cohere'],
  ['api.cohere.ai', 'cohere'],
  ['ollama.com', 'ollama', 'openai'],
  ['openrouter.ai', 'openrouter', 'openai'],
  ['*.openrouter.ai', 'openrouter', 'openai'],
  ['ai-gateway.vercel.sh', 'vercel', 'openai', 'anthropic'],
  ['gateway.ai.cloudflare.com', 'openai', 'anthropic', 'google', 'mistral', 'cohere'],
  ['bedrock-runtime.*.amazonaws.com', 'bedrock', 'openai'],
  ['bedrock-runtime-fips.*.amazonaws.com', 'bedrock', 'openai'],
  ['bedrock-mantle.*.api.aws', 'openai', 'anthropic'],
  ['api.cerebras.ai', 'openai'],
  ['api.deepinfra.com', 'openai'],
  ['api.deepseek.com', 'openai', 'anthropic'],
  ['api.fireworks.ai', 'openai'],
  ['api.groq.com', 'openai'],
  ['api.hyperbolic.xyz', 'openai'],
  ['api.minimax.io', 'openai', 'anthropic'],
  ['api.moonshot.ai', 'openai', 'anthropic'],
  ['api.moonshot.cn', 'openai', 'anthropic'],
  ['api.novita.ai', 'openai'],
  ['api.perplexity.ai', 'openai'],
  ['api.portkey.ai', 'openai', 'anthropic'],
  ['api.sambanova.ai', 'openai'],
  ['api.together.ai', 'openai'],
  ['api.together.xyz', 'openai'],
  ['api.voyageai.com', 'openai'],
  ['api.x.ai', 'openai', 'anthropic'],
  ['*.api.x.ai', 'openai', 'anthropic'],
  ['api.z.ai', 'openai', 'anthropic'],
  ['dashscope.aliyuncs.com', 'openai'],
  ['dashscope-intl.aliyuncs.com', 'openai'],
  ['integrate.api.nvidia.com', 'openai'],
  ['oai.helicone.ai', 'openai'],
  ['ai-gateway.helicone.ai', 'openai'],
  ['open.bigmodel.cn', 'openai'],
  ['router.huggingface.co', 'openai'],
]

const isPattern = (host: string) => host.includes('*')

const BY_NAME = new Map<string, readonly EndpointProvider[]>(
  HOSTS.filter(([host]) => !isPattern(host)).map(([host, ...providers]) => [host, providers]),
)

const BY_PATTERN = HOSTS.filter(([host]) => isPattern(host)).map(([host, ...providers]) => ({
  matches: hostPattern(host),
  providers,
}))

/** Returns the providers whose endpoints a host has; undefined for a host that is not in the list. */
export function providersAt(hostname: string): readonly EndpointProvider[] | undefined {
  return BY_NAME.get(hostname) ?? BY_PATTERN.find(({ matches }) => matches.test(hostname))?.providers
}

/** The hosts of models: the built-in list, and those that the application adds. */
export class ModelHosts {
  readonly #added: readonly RegExp[]

  /** @param added `host` or `host:port`, in which `*` stands for any part */
  constructor(added: Iterable<string> = []) {
    this.#added = Array.from(added, hostPattern)
  }

  has(url: URL): boolean {
    const hostname = hostNameOf(url)
    if (providersAt(hostname)) return true
    return this.#added.some((pattern) => pattern.test(url.host.replace('.:', ':')) || pattern.test(hostname))
  }
}

function hostPattern(host: string): RegExp {
  const parts = host.toLowerCase().split('*')
  return new RegExp(`^${parts.map(literally).join('[a-z0-9.-]+')}$`)
}

/** Escapes a text for use in a regular expression. */
export function literally(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
}

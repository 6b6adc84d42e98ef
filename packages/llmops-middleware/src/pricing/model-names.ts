/** Prefixes that gateways and SDKs use for providers, with the provider's name in the price list. */
const PROVIDERS_BY_PREFIX: ReadonlyMap<string, string> = new Map([
  ['openai', 'openai'],
  ['azure', 'azure'],
  ['anthropic', 'anthropic'],
  ['google', 'google'],
  ['gemini', 'google'],
  // Names of Google's own APIs: `models/…`, `publishers/google/models/…`.
  ['models', 'google'],
  ['publishers', 'google'],
  ['google-ai-studio', 'google'],
  ['google-vertex-ai', 'google'],
  ['vertex_ai', 'google'],
  ['mistral', 'mistral'],
  ['mistralai', 'mistral'],
  ['deepseek', 'deepseek'],
  ['x-ai', 'x-ai'],
  ['xai', 'x-ai'],
  ['grok', 'x-ai'],
  ['groq', 'groq'],
  ['perplexity', 'perplexity'],
  ['perplexity-ai', 'perplexity'],
  ['cohere', 'cohere'],
  ['moonshotai', 'moonshotai'],
  ['openrouter', 'openrouter'],
])

export type PrefixedName = { readonly name: string; readonly provider: string | undefined }

/** Splits `openai/gpt-4o` or `@openai-prod/gpt-4o` into the model and its provider, if the prefix names one. */
export function withoutPrefix(model: string): PrefixedName | undefined {
  const end = model.indexOf('/')
  const prefix = model.slice(0, end)
  const provider = PROVIDERS_BY_PREFIX.get(prefix)
  if (end < 1 || (provider === undefined && !prefix.startsWith('@'))) return undefined
  return { name: model.slice(end + 1), provider }
}

/** Suffixes of OpenRouter for variants of a model, or for how its provider is chosen. */
const VARIANT = /:(free|online|nitro|floor|thinking|extended|exacto|beta)$/

export function withoutVariant(model: string): string {
  return model.replace(VARIANT, '')
}

const DATE = /[-@](\d{4}-\d{2}-\d{2}|\d{8}|\d{4}|latest)$/

const FINE_TUNED = /^ft:([^:]+).*/

/** Returns the base of a fine-tuned model; any other name as it is. */
export function baseModel(model: string): string {
  return model.replace(FINE_TUNED, '$1')
}

/** Returns a name without provider prefix, variant, date and fine-tuning suffix. */
export function plainModelName(model: string): string {
  return namesFor(baseModel(model)).at(-1)!
}

/** Returns the names under which to look a model up, the closest first. */
export function namesFor(model: string): string[] {
  const names = [model]
  for (let found = withoutPrefix(model); found; found = withoutPrefix(found.name)) names.push(found.name)
  const bare = withoutVariant(names.at(-1)!)
  names.push(bare, bare.replace(DATE, ''))
  return names
}

type Body = Readonly<Record<string, unknown>>

/**
 * Returns models that may answer instead of the requested one: OpenRouter's `models`, LiteLLM's three kinds of fallbacks
 * (docs.litellm.ai/docs/proxy/reliability), also in its `metadata`, and those of Vercel's AI Gateway.
 */
export function otherModels(body: Body): readonly string[] {
  const { models, metadata, providerOptions } = body
  const gateway = (providerOptions as { readonly gateway?: { readonly models?: unknown } } | null | undefined)?.gateway
  if (models === undefined && !metadata && gateway === undefined && !FALLBACKS.some((name) => name in body)) return NONE
  const fallbacks = [body, (metadata ?? {}) as Body].flatMap((holder) => FALLBACKS.map((name) => holder[name]))
  return [models, gateway?.models, ...fallbacks].flatMap(namesIn)
}

const NONE: readonly string[] = []

const FALLBACKS = ['fallbacks', 'context_window_fallbacks', 'content_policy_fallbacks']

/** Names stand in a list, in a `model`, or in lists by the model that they replace. */
function namesIn(list: unknown): string[] {
  if (isName(list)) return [list]
  if (Array.isArray(list)) return list.flatMap(namesIn)
  if (typeof list !== 'object' || list === null) return []
  const { model } = list as Body
  return model === undefined
    ? Object.values(list).flatMap((each) => (Array.isArray(each) ? namesIn(each) : []))
    : namesIn(model)
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && name !== ''
}

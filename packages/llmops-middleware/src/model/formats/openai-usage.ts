import type { Usage } from '../../usage.ts'

/** With the tier that the answer says it was served in. */
export function servedIn(usage: Usage, serviceTier: unknown): Usage {
  return typeof serviceTier === 'string' ? { ...usage, serviceTier } : usage
}

/** What OpenRouter charges (openrouter.ai/docs, usage accounting), with what the provider does where its key is one's own. */
export function costOf(value: unknown): { readonly costUsd?: number } {
  const { cost, is_byok: isOwnKey, cost_details: details } = (value ?? {}) as OpenRouterUsage
  if (typeof cost !== 'number') return {}
  return { costUsd: cost + (isOwnKey ? (details?.upstream_inference_cost ?? 0) : 0) }
}

type OpenRouterUsage = {
  readonly cost?: unknown
  readonly is_byok?: unknown
  readonly cost_details?: { readonly upstream_inference_cost?: number | null } | null
}

/** Chat completions' usage; undefined for anything else. */
export function readChatUsage(value: unknown): Usage | undefined {
  const usage = value as ChatUsage | null | undefined
  if (typeof usage?.prompt_tokens !== 'number') return undefined
  return {
    inputTokens: usage.prompt_tokens,
    ...inputParts(usage.prompt_tokens_details),
    ...cachedAside(usage),
    outputTokens: outputTokens(usage.completion_tokens, usage.prompt_tokens, usage.total_tokens),
    reasoningTokens: usage.completion_tokens_details?.reasoning_tokens ?? 0,
    ...outputParts(usage.completion_tokens_details),
  }
}

type ChatUsage = {
  prompt_tokens: number
  completion_tokens?: number
  total_tokens?: number
  prompt_tokens_details?: InputDetails
  /** As DeepSeek says what a cache had. */
  prompt_cache_hit_tokens?: number | null
  /** As Moonshot does. */
  cached_tokens?: number | null
  completion_tokens_details?: OutputDetails
}

/** Where it is said beside the details, and not in them. */
function cachedAside({
  prompt_tokens_details: details,
  prompt_cache_hit_tokens: hit,
  cached_tokens: cached,
}: ChatUsage) {
  const cachedInputTokens = hit ?? cached
  return typeof cachedInputTokens === 'number' && !details?.cached_tokens ? { cachedInputTokens } : {}
}

/** The Responses API's usage; undefined for anything else. */
export function readResponsesUsage(value: unknown): Usage | undefined {
  const usage = value as ResponsesUsage | null | undefined
  if (typeof usage?.input_tokens !== 'number') return undefined
  return {
    inputTokens: usage.input_tokens,
    ...inputParts(usage.input_tokens_details),
    outputTokens: outputTokens(usage.output_tokens, usage.input_tokens, usage.total_tokens),
    reasoningTokens: usage.output_tokens_details?.reasoning_tokens ?? 0,
    ...outputParts(usage.output_tokens_details),
  }
}

type ResponsesUsage = {
  input_tokens: number
  output_tokens?: number
  total_tokens?: number
  input_tokens_details?: InputDetails
  output_tokens_details?: OutputDetails
}

type MediaDetails = { readonly audio_tokens?: number | null; readonly image_tokens?: number | null }
type CacheDetails = { readonly cached_tokens?: number | null; readonly cache_write_tokens?: number | null }
type InputDetails = (MediaDetails & CacheDetails) | null
type OutputDetails = (MediaDetails & { readonly reasoning_tokens?: number | null }) | null

/** Most answers have neither sound nor pictures nor anything written to a cache, and say nothing of it. */
function inputParts(details: InputDetails | undefined): Partial<Usage> {
  return {
    cachedInputTokens: details?.cached_tokens ?? 0,
    ...(details?.cache_write_tokens ? { cacheWriteTokens: details.cache_write_tokens } : {}),
    ...(details?.audio_tokens ? { inputAudioTokens: details.audio_tokens } : {}),
    ...(details?.image_tokens ? { inputImageTokens: details.image_tokens } : {}),
  }
}

function outputParts(details: OutputDetails | undefined): Partial<Usage> {
  return {
    ...(details?.audio_tokens ? { outputAudioTokens: details.audio_tokens } : {}),
    ...(details?.image_tokens ? { outputImageTokens: details.image_tokens } : {}),
  }
}

/** xAI and Gemini leave reasoning out of the output, and not out of the total. */
function outputTokens(output: number | null | undefined, input: number, total: number | null | undefined): number {
  return typeof total === 'number' && total - input > (output ?? 0) ? total - input : (output ?? 0)
}

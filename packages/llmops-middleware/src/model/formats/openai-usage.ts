import type { Usage } from '../../usage.ts'
import type { Writable } from '../writable.ts'

/** Adds the service tier that the answer reports. */
export function servedIn(usage: Usage, serviceTier: unknown): Usage {
  return typeof serviceTier === 'string' ? { ...usage, serviceTier } : usage
}

/** Reads OpenRouter's charge (openrouter.ai/docs, usage accounting), plus the provider's charge with the user's own key. */
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

/** Reads the usage of chat completions; undefined for anything else. */
export function readChatUsage(value: unknown): Usage | undefined {
  const usage = value as ChatUsage | null | undefined
  if (typeof usage?.prompt_tokens !== 'number') return undefined
  const { prompt_tokens_details: input, completion_tokens_details: output } = usage
  const read: Writable<Usage> = {
    inputTokens: usage.prompt_tokens,
    cachedInputTokens: cachedAside(usage) ?? input?.cached_tokens ?? 0,
    outputTokens: outputTokens(usage.completion_tokens, usage.prompt_tokens, usage.total_tokens),
    reasoningTokens: output?.reasoning_tokens ?? 0,
  }
  addParts(read, input, output)
  return read
}

type ChatUsage = {
  prompt_tokens: number
  completion_tokens?: number
  total_tokens?: number
  prompt_tokens_details?: InputDetails
  /** Cached tokens as DeepSeek reports them. */
  prompt_cache_hit_tokens?: number | null
  /** Cached tokens as Moonshot reports them. */
  cached_tokens?: number | null
  completion_tokens_details?: OutputDetails
}

/** Returns the cached tokens of servers that report them outside of the details. */
function cachedAside({
  prompt_tokens_details: details,
  prompt_cache_hit_tokens: hit,
  cached_tokens: cached,
}: ChatUsage) {
  const tokens = hit ?? cached
  return typeof tokens === 'number' && !details?.cached_tokens ? tokens : undefined
}

/** Reads the usage of the Responses API; undefined for anything else. */
export function readResponsesUsage(value: unknown): Usage | undefined {
  const usage = value as ResponsesUsage | null | undefined
  if (typeof usage?.input_tokens !== 'number') return undefined
  const { input_tokens_details: input, output_tokens_details: output } = usage
  const read: Writable<Usage> = {
    inputTokens: usage.input_tokens,
    cachedInputTokens: input?.cached_tokens ?? 0,
    outputTokens: outputTokens(usage.output_tokens, usage.input_tokens, usage.total_tokens),
    reasoningTokens: output?.reasoning_tokens ?? 0,
  }
  addParts(read, input, output)
  return read
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

/** Adds the parts that are present. Most answers have no audio, images or cache writes, and omit these fields. */
function addParts(usage: Writable<Usage>, input: InputDetails | undefined, output: OutputDetails | undefined): void {
  if (input?.cache_write_tokens) usage.cacheWriteTokens = input.cache_write_tokens
  if (input?.audio_tokens) usage.inputAudioTokens = input.audio_tokens
  if (input?.image_tokens) usage.inputImageTokens = input.image_tokens
  if (output?.audio_tokens) usage.outputAudioTokens = output.audio_tokens
  if (output?.image_tokens) usage.outputImageTokens = output.image_tokens
}

/** xAI and Gemini exclude reasoning from the output count but include it in the total. */
function outputTokens(output: number | null | undefined, input: number, total: number | null | undefined): number {
  return typeof total === 'number' && total - input > (output ?? 0) ? total - input : (output ?? 0)
}

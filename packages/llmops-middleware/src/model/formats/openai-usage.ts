import { type Usage, withSoundParts } from '../../usage.ts'
import type { Writable } from '../writable.ts'
import { countOf } from './count-of.ts'

/** Adds the service tier that the answer reports. */
export function servedIn(usage: Usage, serviceTier: unknown): Usage {
  return typeof serviceTier === 'string' ? { ...usage, serviceTier } : usage
}

/**
 * Reads the charge that Perplexity (`cost.total_cost`) and xAI (ticks, of which a dollar has 10 billion) report, or OpenRouter
 * (openrouter.ai/docs, usage accounting), there plus the provider's charge with the user's own key.
 */
export function costOf(value: unknown): { readonly costUsd?: number } {
  const { cost, cost_in_usd_ticks: ticks, is_byok: isOwnKey, cost_details: details } = (value ?? {}) as CostUsage
  const total = typeof cost === 'object' ? cost?.total_cost : undefined
  if (typeof total === 'number') return { costUsd: total }
  if (typeof ticks === 'number') return { costUsd: ticks / 1e10 }
  if (typeof cost !== 'number') return {}
  if (!isOwnKey) return { costUsd: cost }
  // With the user's own key the cost is only the fee, so without the provider's charge it is not the bill.
  const upstream = Number(details?.upstream_inference_cost ?? Number.NaN)
  return Number.isFinite(upstream) ? { costUsd: cost + upstream } : {}
}

type CostUsage = {
  readonly cost?: number | string | { readonly total_cost?: unknown } | null
  readonly cost_in_usd_ticks?: unknown
  readonly is_byok?: unknown
  readonly cost_details?: { readonly upstream_inference_cost?: unknown } | null
}

type Counts = Readonly<Record<string, unknown>>

/**
 * Reads the usage of chat completions and of the Responses API, which differ in the names of their counts; undefined for
 * anything else. Gateways to other providers mix both with the names of Anthropic.
 */
export function readOpenAiUsage(value: unknown): Usage | undefined {
  const usage = countsIn(value)
  const input = countOf(usage['prompt_tokens'] ?? usage['input_tokens'])
  if (input === undefined) return undefined
  const inputDetails = countsIn(usage['prompt_tokens_details'] ?? usage['input_tokens_details'])
  const outputDetails = countsIn(usage['completion_tokens_details'] ?? usage['output_tokens_details'])
  const output = countOf(usage['completion_tokens'] ?? usage['output_tokens']) ?? 0
  const total = countOf(usage['total_tokens']) ?? 0
  const cachedInputTokens = countOf(inputDetails['cached_tokens']) || largest(usage, CACHED)
  const cacheWriteTokens = Math.max(largest(inputDetails, WRITTEN), largest(usage, ['cache_creation_input_tokens']))
  const besides = cachedInputTokens + cacheWriteTokens
  const reasoningTokens = countOf(outputDetails['reasoning_tokens']) ?? 0
  const rest = total - input - output
  const isBeside = besides > input || (rest === besides && rest !== reasoningTokens)
  // As with Anthropic, cached tokens are not part of the input if they are more than it, or what the total has besides.
  const inputTokens = isBeside ? input + besides : input
  const read: Writable<Usage> = {
    inputTokens,
    cachedInputTokens,
    // xAI and Gemini exclude reasoning from the output count but include it in the total.
    outputTokens: Math.max(output, total - inputTokens),
    reasoningTokens,
  }
  // Most answers have no audio, images or cache writes, and omit these fields.
  if (cacheWriteTokens > 0) read.cacheWriteTokens = cacheWriteTokens
  const hour = Math.max(...HOUR_DETAILS.map((name) => writtenForHour(inputDetails[name] ?? usage[name])))
  if (hour > 0) read.hourCacheWriteTokens = hour
  const inputAudioTokens = countOf(inputDetails['audio_tokens'])
  const inputImageTokens = countOf(inputDetails['image_tokens'])
  const outputAudioTokens = countOf(outputDetails['audio_tokens'])
  const outputImageTokens = countOf(outputDetails['image_tokens'])
  if (inputAudioTokens) read.inputAudioTokens = inputAudioTokens
  if (inputImageTokens) read.inputImageTokens = inputImageTokens
  if (outputAudioTokens) read.outputAudioTokens = outputAudioTokens
  if (outputImageTokens) read.outputImageTokens = outputImageTokens
  return withSoundParts(read)
}

/** Cached tokens as DeepSeek, Moonshot, and gateways to Anthropic report them. */
const CACHED = ['prompt_cache_hit_tokens', 'cached_tokens', 'cache_read_input_tokens']
/** Tokens written to the cache, as OpenAI and OpenRouter, LiteLLM, and Alibaba and Databricks report them. */
const WRITTEN = ['cache_write_tokens', 'cache_creation_tokens', 'cache_creation_input_tokens']
/** Where LiteLLM and Alibaba report for how long the cache keeps what was written. */
const HOUR_DETAILS = ['cache_creation_token_details', 'cache_creation']

function writtenForHour(details: unknown): number {
  return countOf(countsIn(details)['ephemeral_1h_input_tokens']) ?? 0
}

function countsIn(value: unknown): Counts {
  return typeof value === 'object' && value !== null ? (value as Counts) : {}
}

function largest(counts: Counts, names: readonly string[]): number {
  return Math.max(0, ...names.map((name) => countOf(counts[name]) ?? 0))
}

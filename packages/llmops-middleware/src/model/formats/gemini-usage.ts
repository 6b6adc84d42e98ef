import { type Usage, withSoundParts } from '../../usage.ts'
import { countOf } from './count-of.ts'

type Counts = Readonly<Record<string, unknown>>

/** Reads Gemini's `usageMetadata` (ai.google.dev/api/generate-content#UsageMetadata); undefined for anything else. */
export function readGeminiUsage(value: unknown): Usage | undefined {
  const usage = (value ?? {}) as Counts
  if (countOf(usage['promptTokenCount'] ?? usage['totalTokenCount']) === undefined) return undefined
  // The results of the provider's own tools are billed as input, and counted separately from the prompt.
  const inputTokens = count(usage['promptTokenCount']) + count(usage['toolUsePromptTokenCount'])
  const reportedTokens = count(usage['candidatesTokenCount']) + count(usage['thoughtsTokenCount'])
  const inputAudioTokens =
    ofKind(usage, 'promptTokensDetails', 'AUDIO') + ofKind(usage, 'toolUsePromptTokensDetails', 'AUDIO')
  const cachedAudioTokens = Math.min(ofKind(usage, 'cacheTokensDetails', 'AUDIO'), inputAudioTokens)
  const outputAudioTokens = ofKind(usage, 'candidatesTokensDetails', 'AUDIO')
  const outputImageTokens = ofKind(usage, 'candidatesTokensDetails', 'IMAGE')
  return withSoundParts({
    inputTokens,
    cachedInputTokens: count(usage['cachedContentTokenCount']),
    outputTokens: Math.max(reportedTokens, count(usage['totalTokenCount']) - inputTokens),
    reasoningTokens: count(usage['thoughtsTokenCount']),
    ...(inputAudioTokens > 0 ? { inputAudioTokens } : {}),
    ...(cachedAudioTokens > 0 ? { cachedInputAudioTokens: cachedAudioTokens } : {}),
    ...tierOf(usage['serviceTier'] ?? usage['trafficType']),
    ...(outputAudioTokens > 0 ? { outputAudioTokens } : {}),
    ...(outputImageTokens > 0 ? { outputImageTokens } : {}),
  })
}

function count(value: unknown): number {
  return countOf(value) ?? 0
}

function ofKind(usage: Counts, name: string, kind: string): number {
  const details = usage[name]
  if (!Array.isArray(details)) return 0
  return details.reduce((sum: number, each) => sum + (each?.modality === kind ? count(each.tokenCount) : 0), 0)
}

/** The tier in the words of AI Studio (`priority`, `SERVICE_TIER_PRIORITY`) or Vertex (`ON_DEMAND_PRIORITY`). */
export function tierOf(value: unknown): { readonly serviceTier?: string } {
  if (typeof value !== 'string') return {}
  const serviceTier = value.toLowerCase().replace(/^(service_tier|on_demand)_/, '')
  return { serviceTier }
}

/**
 * What a provider billed for one attempt, normalised once, whatever its wire format calls it.
 * As in the OpenTelemetry GenAI conventions, input includes cached tokens and output includes reasoning.
 */
export type Usage = {
  readonly inputTokens: number
  /** The part of `inputTokens` read from the provider's prompt cache. */
  readonly cachedInputTokens?: number
  /** The part of `inputTokens` written to the prompt cache (Anthropic bills it above the input price). */
  readonly cacheWriteTokens?: number
  readonly outputTokens: number
  /** The part of `outputTokens` that was reasoning. */
  readonly reasoningTokens?: number
}

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0 }

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    cachedInputTokens: (a.cachedInputTokens ?? 0) + (b.cachedInputTokens ?? 0),
    cacheWriteTokens: (a.cacheWriteTokens ?? 0) + (b.cacheWriteTokens ?? 0),
    outputTokens: a.outputTokens + b.outputTokens,
    reasoningTokens: (a.reasoningTokens ?? 0) + (b.reasoningTokens ?? 0),
  }
}

/** Whether these can be counts of tokens: nothing is credited for fewer than none, and no part is larger than the whole. */
export function isSound(usage: Usage): boolean {
  const { inputTokens, cachedInputTokens = 0, cacheWriteTokens = 0, outputTokens, reasoningTokens = 0 } = usage
  return (
    isCount(inputTokens) &&
    isCount(cachedInputTokens) &&
    isCount(cacheWriteTokens) &&
    isCount(outputTokens) &&
    isCount(reasoningTokens) &&
    cachedInputTokens + cacheWriteTokens <= inputTokens
  )
}

function isCount(tokens: number): boolean {
  return Number.isSafeInteger(tokens) && tokens >= 0
}

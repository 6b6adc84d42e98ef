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

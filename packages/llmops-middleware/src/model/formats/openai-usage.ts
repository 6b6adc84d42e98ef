import type { Usage } from '../../usage.ts'

/** Chat completions' usage; undefined for anything else. */
export function readChatUsage(value: unknown): Usage | undefined {
  const usage = value as ChatUsage | null | undefined
  if (typeof usage?.prompt_tokens !== 'number') return undefined
  return {
    inputTokens: usage.prompt_tokens,
    cachedInputTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
    outputTokens: outputTokens(usage.completion_tokens, usage.prompt_tokens, usage.total_tokens),
    reasoningTokens: usage.completion_tokens_details?.reasoning_tokens ?? 0,
  }
}

type ChatUsage = {
  prompt_tokens: number
  completion_tokens?: number
  total_tokens?: number
  prompt_tokens_details?: { cached_tokens?: number }
  completion_tokens_details?: { reasoning_tokens?: number }
}

/** The Responses API's usage; undefined for anything else. */
export function readResponsesUsage(value: unknown): Usage | undefined {
  const usage = value as ResponsesUsage | null | undefined
  if (typeof usage?.input_tokens !== 'number') return undefined
  return {
    inputTokens: usage.input_tokens,
    cachedInputTokens: usage.input_tokens_details?.cached_tokens ?? 0,
    outputTokens: outputTokens(usage.output_tokens, usage.input_tokens, usage.total_tokens),
    reasoningTokens: usage.output_tokens_details?.reasoning_tokens ?? 0,
  }
}

type ResponsesUsage = {
  input_tokens: number
  output_tokens?: number
  total_tokens?: number
  input_tokens_details?: { cached_tokens?: number }
  output_tokens_details?: { reasoning_tokens?: number }
}

/** xAI and Gemini leave reasoning out of the output, and not out of the total. */
function outputTokens(output: number | null | undefined, input: number, total: number | null | undefined): number {
  return typeof total === 'number' && total - input > (output ?? 0) ? total - input : (output ?? 0)
}

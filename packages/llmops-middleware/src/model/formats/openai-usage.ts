import type { Usage } from '../../usage.ts'

/** Chat completions' usage; undefined for anything else. */
export function readChatUsage(value: unknown): Usage | undefined {
  const usage = value as ChatUsage | null | undefined
  if (typeof usage?.prompt_tokens !== 'number') return undefined
  return {
    inputTokens: usage.prompt_tokens,
    ...cacheTokens(usage.prompt_tokens_details),
    outputTokens: outputTokens(usage.completion_tokens, usage.prompt_tokens, usage.total_tokens),
    reasoningTokens: usage.completion_tokens_details?.reasoning_tokens ?? 0,
  }
}

type ChatUsage = {
  prompt_tokens: number
  completion_tokens?: number
  total_tokens?: number
  prompt_tokens_details?: InputDetails
  completion_tokens_details?: { reasoning_tokens?: number }
}

/** The Responses API's usage; undefined for anything else. */
export function readResponsesUsage(value: unknown): Usage | undefined {
  const usage = value as ResponsesUsage | null | undefined
  if (typeof usage?.input_tokens !== 'number') return undefined
  return {
    inputTokens: usage.input_tokens,
    ...cacheTokens(usage.input_tokens_details),
    outputTokens: outputTokens(usage.output_tokens, usage.input_tokens, usage.total_tokens),
    reasoningTokens: usage.output_tokens_details?.reasoning_tokens ?? 0,
  }
}

type ResponsesUsage = {
  input_tokens: number
  output_tokens?: number
  total_tokens?: number
  input_tokens_details?: InputDetails
  output_tokens_details?: { reasoning_tokens?: number }
}

type InputDetails = { readonly cached_tokens?: number | null; readonly cache_write_tokens?: number | null } | null

function cacheTokens(details: InputDetails | undefined): Pick<Usage, 'cachedInputTokens' | 'cacheWriteTokens'> {
  return {
    cachedInputTokens: details?.cached_tokens ?? 0,
    ...(details?.cache_write_tokens ? { cacheWriteTokens: details.cache_write_tokens } : {}),
  }
}

/** xAI and Gemini leave reasoning out of the output, and not out of the total. */
function outputTokens(output: number | null | undefined, input: number, total: number | null | undefined): number {
  return typeof total === 'number' && total - input > (output ?? 0) ? total - input : (output ?? 0)
}

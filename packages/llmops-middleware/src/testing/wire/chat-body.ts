import type { Generated } from './generate.ts'

export function wholeChat(generated: Generated) {
  return {
    id: `chatcmpl-${generated.id}`,
    object: 'chat.completion',
    created: generated.createdAtSeconds,
    model: generated.model,
    choices: Array.from({ length: generated.choices }, (_, index) => ({
      index,
      finish_reason: generated.finishReason,
      logprobs: null,
      message: messageOf(generated),
    })),
    usage: chatUsageOf(generated),
  }
}

function messageOf({ textTokens, toolCalls }: Generated) {
  return {
    role: 'assistant',
    content: textTokens.join('') || null,
    refusal: null,
    ...(toolCalls.length ? { tool_calls: toolCalls.map(toolCallOf) } : {}),
  }
}

function toolCallOf({ id, name, argumentTokens }: Generated['toolCalls'][number]) {
  return { id, type: 'function', function: { name, arguments: argumentTokens.join('') } }
}

export function chatUsageOf({ usage }: Generated) {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens, audio_tokens: 0 },
  }
}

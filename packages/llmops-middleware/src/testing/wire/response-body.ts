import type { AnswerRequest } from './format.ts'
import type { Generated } from './generate.ts'

/** Thoughts, then a message, then calls of tools, as far as there are any. */
export function outputOf(generated: Generated) {
  const { id, textTokens, toolCalls, usage, finishReason } = generated
  const isCut = finishReason === 'length' || finishReason === 'content_filter'
  const status = isCut ? 'incomplete' : 'completed'
  const text = textTokens.join('')
  return [
    ...(usage.reasoningTokens ? [{ id: `rs_${id}`, type: 'reasoning' as const, summary: [] }] : []),
    ...(text || toolCalls.length === 0
      ? [
          {
            id: `msg_${id}`,
            type: 'message' as const,
            status,
            role: 'assistant',
            content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
          },
        ]
      : []),
    ...toolCalls.map((call) => ({
      id: `fc_${call.id}`,
      type: 'function_call' as const,
      status,
      call_id: call.id,
      name: call.name,
      arguments: call.argumentTokens.join(''),
    })),
  ]
}

export function wholeResponse(generated: Generated, request: AnswerRequest) {
  const { finishReason } = generated
  const reason = finishReason === 'length' ? 'max_output_tokens' : finishReason === 'content_filter' && finishReason
  return {
    ...begunResponse(generated, request),
    status: reason ? 'incomplete' : 'completed',
    incomplete_details: reason ? { reason } : null,
    output: outputOf(generated),
    usage: usageOf(generated),
  }
}

export function begunResponse({ id, createdAtSeconds, model }: Generated, { echo }: AnswerRequest) {
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: createdAtSeconds,
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    model,
    output: [] as unknown[],
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: false,
    temperature: 1,
    top_p: 1,
    truncation: 'disabled',
    usage: null as unknown,
    metadata: {},
    ...echo,
  }
}

function usageOf({ usage }: Generated) {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedInputTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  }
}

import type { AnswerFormat, AnswerRequest, StreamEvent } from './format.ts'
import type { Generated } from './generate.ts'
import { openAiError } from './openai-error.ts'

/** OpenAI and Azure OpenAI chat completions (platform.openai.com/docs/api-reference/chat). */
export const chatCompletions: AnswerFormat = { json, events, error: openAiError }

function json(generated: Generated) {
  const { textTokens, toolCalls, finishReason } = generated
  const tool_calls = toolCalls.map(({ id, name, argumentTokens }) => ({
    id,
    type: 'function',
    function: { name, arguments: argumentTokens.join('') },
  }))
  const message = {
    role: 'assistant',
    content: textTokens.join('') || (tool_calls.length > 0 ? null : ''),
    refusal: null,
    ...(tool_calls.length > 0 && { tool_calls }),
  }
  const choices = Array.from({ length: generated.choices }, (_, index) => ({
    index,
    finish_reason: finishReason,
    logprobs: null,
    message,
  }))
  return { ...headOf(generated, 'chat.completion'), choices, usage: usageOf(generated) }
}

/** Role first, one token a chunk, the finish reason, the usage if it was asked for, then `[DONE]`. */
function* events(generated: Generated, { wantsUsage, isPadded }: AnswerRequest): Generator<StreamEvent> {
  const head = headOf(generated, 'chat.completion.chunk')
  for (let choice = 0; choice < generated.choices; choice++) {
    const chunk = (delta: object, tokens: number, finishReason: string | null = null) => ({
      data: JSON.stringify({
        ...head,
        choices: [{ index: choice, delta, logprobs: null, finish_reason: finishReason }],
        ...(wantsUsage && { usage: null }),
        ...(isPadded && { obfuscation: paddingOf(delta) }),
      }),
      tokens,
    })
    const thoughts = generated.usage.reasoningTokens / generated.choices
    yield chunk({ role: 'assistant', content: generated.toolCalls.length ? null : '', refusal: null }, thoughts)
    for (const token of generated.textTokens) yield chunk({ content: token }, 1)
    for (const [index, { id, name, nameTokens, argumentTokens }] of generated.toolCalls.entries()) {
      yield chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }, nameTokens)
      for (const token of argumentTokens) yield chunk({ tool_calls: [{ index, function: { arguments: token } }] }, 1)
    }
    const isLast = choice === generated.choices - 1
    yield { ...chunk({}, 0, generated.finishReason), ...(isLast && { part: 'closing' }) }
  }
  if (wantsUsage) yield { data: JSON.stringify({ ...head, choices: [], usage: usageOf(generated) }), tokens: 0 }
  yield { data: '[DONE]', tokens: 0, part: 'terminator' }
}

function headOf({ id, createdAtSeconds, model }: Generated, object: string) {
  return { id: `chatcmpl-${id}`, object, created: createdAtSeconds, model }
}

function usageOf({ usage }: Generated) {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens, audio_tokens: 0 },
  }
}

const NOISE = 'kV3xQ9bTz1LmW7ryC5'

/** Noise of such a length that the sizes of events do not tell their texts. */
function paddingOf(delta: object): string {
  return NOISE.slice(0, NOISE.length - (JSON.stringify(delta).length % NOISE.length))
}

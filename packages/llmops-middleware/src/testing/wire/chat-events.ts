import { chatUsageOf } from './chat-body.ts'
import type { AnswerRequest, StreamEvent } from './format.ts'
import type { Generated } from './generate.ts'

/** Role first, one token a chunk, the finish reason, the usage if it was asked for, then `[DONE]`. */
export function* chatEvents(generated: Generated, { wantsUsage, isPadded }: AnswerRequest): Generator<StreamEvent> {
  const head = {
    id: `chatcmpl-${generated.id}`,
    object: 'chat.completion.chunk',
    created: generated.createdAtSeconds,
    model: generated.model,
  }
  for (let choice = 0; choice < generated.choices; choice++) {
    const chunk = (delta: object, tokens: number, finishReason: string | null = null) => ({
      data: JSON.stringify({
        ...head,
        choices: [{ index: choice, delta, logprobs: null, finish_reason: finishReason }],
        ...(wantsUsage ? { usage: null } : {}),
        ...(isPadded ? { obfuscation: paddingOf(delta) } : {}),
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
    yield { ...chunk({}, 0, generated.finishReason), ...(isLast ? { part: 'closing' as const } : {}) }
  }
  if (wantsUsage) {
    yield { data: JSON.stringify({ ...head, choices: [], usage: chatUsageOf(generated) }), tokens: 0 }
  }
  yield { data: '[DONE]', tokens: 0, part: 'terminator' }
}

const NOISE = 'kV3xQ9bTz1LmW7ryC5'

/** So much noise that the sizes of events do not tell their texts. */
function paddingOf(delta: object): string {
  return NOISE.slice(0, NOISE.length - (JSON.stringify(delta).length % NOISE.length))
}

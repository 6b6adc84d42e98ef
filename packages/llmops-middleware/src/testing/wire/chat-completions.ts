import { answerFormat, type RequestBody, type Written } from './answer-format.ts'
import type { Generated, ToolCall } from './generated.ts'
import { openAiError } from './refusal.ts'

/** OpenAI and Azure OpenAI chat completions (platform.openai.com/docs/api-reference/chat). */
export const chatCompletions = answerFormat(write, openAiError)

function write({ text, toolCalls, usage: counted, ...generated }: Generated, request: RequestBody): Written {
  const { id, createdAtSeconds: created, model, finishReason: finish_reason } = generated
  const head = { id: `chatcmpl-${id}`, object: 'chat.completion.chunk', created, model }
  const usage = {
    prompt_tokens: counted.inputTokens,
    completion_tokens: counted.outputTokens,
    total_tokens: counted.inputTokens + counted.outputTokens,
    prompt_tokens_details: { cached_tokens: counted.cachedInputTokens, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: counted.reasoningTokens, audio_tokens: 0 },
  }
  const options = request['stream_options'] as { readonly include_usage?: unknown } | null | undefined
  const wantsUsage = options?.include_usage === true
  const choices = (choice: object) =>
    Array.from({ length: generated.choices }, (_, index) => ({ index, logprobs: null, ...choice }))
  const chunks = (delta: object, finish_reason: string | null = null) =>
    choices({ delta, finish_reason }).map((choice) => {
      return { ...head, choices: [choice], ...(wantsUsage && { usage: null }) }
    })
  const calls = toolCalls.length > 0 && { tool_calls: toolCalls.map(functionCall) }
  const role = { role: 'assistant', content: calls ? null : '', refusal: null }
  const message = { ...role, ...(text && { content: text }), ...calls }
  return {
    whole: { ...head, object: 'chat.completion', choices: choices({ message, finish_reason }), usage },
    begin: chunks(role),
    part({ call }) {
      if (!call) return { open: [], grow: (content) => chunks({ content }), close: [] }
      const index = toolCalls.indexOf(call)
      return {
        open: chunks({ tool_calls: [{ index, ...functionCall({ ...call, arguments: '' }) }] }),
        grow: (piece) => chunks({ tool_calls: [{ index, function: { arguments: piece } }] }),
        close: [],
      }
    },
    end: [...chunks({}, finish_reason), ...(wantsUsage ? [{ ...head, choices: [], usage }] : []), '[DONE]'],
  }
}

function functionCall({ id, ...called }: ToolCall) {
  return { id, type: 'function', function: called }
}

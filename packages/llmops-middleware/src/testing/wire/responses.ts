import type { AnswerFormat, AnswerRequest, StreamEvent } from './format.ts'
import type { Generated } from './generate.ts'
import { openAiError } from './openai-error.ts'

/** OpenAI and Azure OpenAI Responses (platform.openai.com/docs/api-reference/responses). */
export const responses: AnswerFormat = { json: wholeResponse, events, error: openAiError }

/** Each item of the output is added, delivered in pieces and done; the last event carries the whole response. */
function* events(generated: Generated, request: AnswerRequest): Generator<StreamEvent> {
  let sequence_number = 0
  const write = (type: string, fields: object, tokens = 0): StreamEvent => ({
    event: type,
    data: JSON.stringify({ type, ...fields, sequence_number: sequence_number++ }),
    tokens,
  })
  const begun = begunResponse(generated, request)
  yield write('response.created', { response: begun })
  yield write('response.in_progress', { response: begun })
  for (const [output_index, item] of outputOf(generated).entries()) {
    const added = (begun: object, tokens: number) =>
      write('response.output_item.added', { output_index, item: { ...item, ...begun } }, tokens)
    const place = { item_id: item.id, output_index }
    if (item.type === 'reasoning') yield added({}, generated.usage.reasoningTokens)
    if (item.type === 'message') {
      const [part] = item.content
      const here = { ...place, content_index: 0 }
      yield added({ status: 'in_progress', content: [] }, 0)
      yield write('response.content_part.added', { ...here, part: { ...part, text: '' } })
      for (const delta of generated.textTokens) {
        yield write('response.output_text.delta', { ...here, delta, logprobs: [] }, 1)
      }
      yield write('response.output_text.done', { ...here, text: part?.text, logprobs: [] })
      yield write('response.content_part.done', { ...here, part })
    }
    if (item.type === 'function_call') {
      const { nameTokens, argumentTokens } = generated.toolCalls.find(({ id }) => id === item.call_id)!
      yield added({ status: 'in_progress', arguments: '' }, nameTokens)
      for (const delta of argumentTokens) yield write('response.function_call_arguments.delta', { ...place, delta }, 1)
      const { name, arguments: args } = item
      yield write('response.function_call_arguments.done', { ...place, name, arguments: args })
    }
    yield write('response.output_item.done', { output_index, item })
  }
  const response = wholeResponse(generated, request)
  yield { ...write(`response.${response.status}`, { response }), part: 'closing' }
}

/** Thoughts, then a message, then calls of tools, as far as there are any. */
function outputOf(generated: Generated) {
  const { id, textTokens, toolCalls, usage } = generated
  const status = incompleteReasonOf(generated) ? 'incomplete' : 'completed'
  const text = textTokens.join('')
  const content = [{ type: 'output_text', text, annotations: [], logprobs: [] }]
  const thoughts = { id: `rs_${id}`, type: 'reasoning' as const, summary: [] }
  const message = { id: `msg_${id}`, type: 'message' as const, status, role: 'assistant', content }
  return [
    ...(usage.reasoningTokens ? [thoughts] : []),
    ...(text || toolCalls.length === 0 ? [message] : []),
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

function incompleteReasonOf({ finishReason }: Generated): string | undefined {
  if (finishReason === 'length') return 'max_output_tokens'
  return finishReason === 'content_filter' ? finishReason : undefined
}

function wholeResponse(generated: Generated, request: AnswerRequest) {
  const { usage } = generated
  const reason = incompleteReasonOf(generated)
  return {
    ...begunResponse(generated, request),
    status: reason ? 'incomplete' : 'completed',
    incomplete_details: reason ? { reason } : null,
    output: outputOf(generated),
    usage: {
      input_tokens: usage.inputTokens,
      input_tokens_details: { cached_tokens: usage.cachedInputTokens },
      output_tokens: usage.outputTokens,
      output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
      total_tokens: usage.inputTokens + usage.outputTokens,
    },
  }
}

function begunResponse({ id, createdAtSeconds, model }: Generated, { echo }: AnswerRequest) {
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: createdAtSeconds,
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    model,
    output: [],
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: false,
    temperature: 1,
    top_p: 1,
    truncation: 'disabled',
    usage: null,
    metadata: {},
    ...echo,
  }
}

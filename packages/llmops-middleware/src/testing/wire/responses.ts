import { answerFormat, type Part, partsOf, type RequestBody, type Written } from './answer-format.ts'
import type { Generated } from './generated.ts'
import { openAiError } from './refusal.ts'

/** OpenAI and Azure OpenAI Responses (platform.openai.com/docs/api-reference/responses). */
export const responses = answerFormat(write, openAiError)

/** Why a response is not complete. */
const REASONS = { length: 'max_output_tokens', content_filter: 'content_filter', stop: null, tool_calls: null }

/** What a response says of its request where the request does not. */
const UNASKED = { instructions: null, metadata: {}, parallel_tool_calls: true, tool_choice: 'auto', tools: [] }

function write(generated: Generated, { input: _, stream: __, ...asked }: RequestBody): Written {
  const { id, createdAtSeconds: created_at, model, finishReason, usage: counted } = generated
  const head = { id: `resp_${id}`, object: 'response', created_at, model, error: null }
  const unended = { status: 'in_progress', incomplete_details: null, output: [], usage: null }
  const begun = { ...UNASKED, ...asked, ...head, ...unended }
  const reason = REASONS[finishReason]
  const status = reason ? 'incomplete' : 'completed'
  const thoughts = counted.reasoningTokens > 0 ? [{ id: `rs_${id}`, type: 'reasoning', summary: [] }] : []
  const itemOf = ({ call, text }: Part) =>
    call
      ? { id: `fc_${call.id}`, type: 'function_call', status, call_id: call.id, name: call.name, arguments: text }
      : { id: `msg_${id}`, type: 'message', status, role: 'assistant', content: [contentOf(text)] }
  const response = {
    ...begun,
    status,
    incomplete_details: reason && { reason },
    output: [...thoughts, ...partsOf(generated).map(itemOf)],
    usage: {
      input_tokens: counted.inputTokens,
      input_tokens_details: { cached_tokens: counted.cachedInputTokens },
      output_tokens: counted.outputTokens,
      output_tokens_details: { reasoning_tokens: counted.reasoningTokens },
      total_tokens: counted.inputTokens + counted.outputTokens,
    },
  }

  let sequence_number = 0
  /** Numbered when it is sent. */
  const event = (name: string, fields: object) => {
    const type = `response.${name}`
    return { type, toJSON: () => ({ type, ...fields, sequence_number: sequence_number++ }) }
  }
  const itemEvent = (step: 'added' | 'done', output_index: number, item: object) =>
    event(`output_item.${step}`, { output_index, item })
  return {
    whole: response,
    begin: [
      event('created', { response: begun }),
      event('in_progress', { response: begun }),
      ...thoughts.flatMap((item) => [itemEvent('added', 0, item), itemEvent('done', 0, item)]),
    ],
    part(part, index) {
      const { call, text } = part
      const item = itemOf(part)
      const output_index = index + thoughts.length
      const at = { item_id: item.id, output_index, ...(!call && { content_index: 0 }) }
      const grown = call ? 'function_call_arguments' : 'output_text'
      const all = call ? { name: call.name, arguments: text } : { text, logprobs: [] }
      const content = (step: string, text: string) =>
        call ? [] : [event(`content_part.${step}`, { ...at, part: contentOf(text) })]
      const begun = { ...item, status: 'in_progress', ...(call ? { arguments: '' } : { content: [] }) }
      return {
        open: [itemEvent('added', output_index, begun), ...content('added', '')],
        grow: (delta) => [event(`${grown}.delta`, { ...at, delta, ...(!call && { logprobs: [] }) })],
        close: [
          event(`${grown}.done`, { ...at, ...all }),
          ...content('done', text),
          itemEvent('done', output_index, item),
        ],
      }
    },
    end: [event(status, { response })],
  }
}

const contentOf = (text: string) => ({ type: 'output_text', text, annotations: [], logprobs: [] })

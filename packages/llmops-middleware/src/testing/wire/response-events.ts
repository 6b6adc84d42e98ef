import type { AnswerRequest, StreamEvent } from './format.ts'
import type { Generated } from './generate.ts'
import { begunResponse, outputOf, wholeResponse } from './response-body.ts'

type OutputItem = ReturnType<typeof outputOf>[number]
type Event = { readonly type: string; readonly tokens?: number } & Readonly<Record<string, unknown>>

/** Every item of the output is added, delivered in pieces and done; the last event carries the whole response. */
export function* responseEvents(generated: Generated, request: AnswerRequest): Generator<StreamEvent> {
  let sequence = 0
  const write = ({ tokens = 0, ...event }: Event): StreamEvent => ({
    event: event.type,
    data: JSON.stringify({ ...event, sequence_number: sequence++ }),
    tokens,
  })
  const begun = begunResponse(generated, request)
  yield write({ type: 'response.created', response: begun })
  yield write({ type: 'response.in_progress', response: begun })
  for (const [index, item] of outputOf(generated).entries()) {
    for (const event of itemEvents(generated, item, index)) yield write(event)
  }
  const response = wholeResponse(generated, request)
  yield { ...write({ type: `response.${response.status}`, response }), part: 'closing' }
}

function* itemEvents(generated: Generated, item: OutputItem, output_index: number): Generator<Event> {
  const place = { item_id: item.id, output_index }
  switch (item.type) {
    case 'reasoning':
      yield { type: 'response.output_item.added', output_index, item, tokens: generated.usage.reasoningTokens }
      break
    case 'message': {
      const [part] = item.content
      const here = { ...place, content_index: 0 }
      yield { type: 'response.output_item.added', output_index, item: { ...item, status: 'in_progress', content: [] } }
      yield { type: 'response.content_part.added', ...here, part: { ...part, text: '' } }
      for (const delta of generated.textTokens) {
        yield { type: 'response.output_text.delta', ...here, delta, logprobs: [], tokens: 1 }
      }
      yield { type: 'response.output_text.done', ...here, text: part?.text, logprobs: [] }
      yield { type: 'response.content_part.done', ...here, part }
      break
    }
    case 'function_call': {
      const { nameTokens, argumentTokens } = generated.toolCalls.find(({ id }) => id === item.call_id)!
      const begun = { ...item, status: 'in_progress', arguments: '' }
      yield { type: 'response.output_item.added', output_index, item: begun, tokens: nameTokens }
      for (const delta of argumentTokens) {
        yield { type: 'response.function_call_arguments.delta', ...place, delta, tokens: 1 }
      }
      const { name, arguments: args } = item
      yield { type: 'response.function_call_arguments.done', ...place, name, arguments: args }
      break
    }
  }
  yield { type: 'response.output_item.done', output_index, item }
}

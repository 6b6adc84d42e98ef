import type { StreamEvent } from './format.ts'
import type { Generated } from './generate.ts'
import { begunMessage, stopReasonOf, usageOf } from './message-body.ts'

/** The message begins, its blocks begin, grow and stop, the message says why it stopped, then it stops. */
export function* messageEvents(generated: Generated): Generator<StreamEvent> {
  const { textTokens, toolCalls, usage } = generated
  let index = 0
  yield event('message_start', { message: begunMessage(generated) }, usage.reasoningTokens)
  if (textTokens.length > 0) {
    yield event('content_block_start', { index, content_block: { type: 'text', text: '', citations: null } })
    yield event('ping', {})
    for (const text of textTokens) yield event('content_block_delta', { index, delta: { type: 'text_delta', text } }, 1)
    yield event('content_block_stop', { index })
    index++
  }
  for (const { id, name, nameTokens, argumentTokens } of toolCalls) {
    const block = { type: 'tool_use', id, name, input: {} }
    yield event('content_block_start', { index, content_block: block }, nameTokens)
    for (const token of argumentTokens) {
      yield event('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: token } }, 1)
    }
    yield event('content_block_stop', { index })
    index++
  }
  const delta = { stop_reason: stopReasonOf(generated), stop_sequence: null }
  yield { ...event('message_delta', { delta, usage: usageOf(generated) }), part: 'closing' }
  yield { ...event('message_stop', {}), part: 'terminator' }
}

function event(type: string, fields: object, tokens = 0): StreamEvent {
  return { event: type, data: JSON.stringify({ type, ...fields }), tokens }
}

import type { AnswerFormat, Refusal, StreamEvent } from './format.ts'
import type { Generated } from './generate.ts'

/** Anthropic Messages (platform.claude.com/docs/en/api/messages). */
export const anthropicMessages: AnswerFormat = { json, events, error }

const STOP_REASONS: Readonly<Record<Generated['finishReason'], string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
}

function json(generated: Generated) {
  const text = generated.textTokens.join('')
  const calls = generated.toolCalls.map(({ id, name, argumentTokens }) => {
    return { type: 'tool_use', id, name, input: parsedInput(argumentTokens.join('')) }
  })
  return {
    ...begunMessage(generated),
    content: [...(text ? [{ type: 'text', text, citations: null }] : []), ...calls],
    ...stopOf(generated),
    usage: usageOf(generated),
  }
}

/** The message begins, its blocks begin, grow and stop, the message says why it stopped, then it stops. */
function* events(generated: Generated): Generator<StreamEvent> {
  const { textTokens, toolCalls, usage } = generated
  let index = 0
  const start = (content_block: object, tokens = 0) => event('content_block_start', { index, content_block }, tokens)
  const grow = (delta: object) => event('content_block_delta', { index, delta }, 1)
  const stop = () => event('content_block_stop', { index: index++ })
  yield event('message_start', { message: begunMessage(generated) }, usage.reasoningTokens)
  if (textTokens.length > 0) {
    yield start({ type: 'text', text: '', citations: null })
    yield event('ping', {})
    for (const text of textTokens) yield grow({ type: 'text_delta', text })
    yield stop()
  }
  for (const { id, name, nameTokens, argumentTokens } of toolCalls) {
    yield start({ type: 'tool_use', id, name, input: {} }, nameTokens)
    for (const partial_json of argumentTokens) yield grow({ type: 'input_json_delta', partial_json })
    yield stop()
  }
  yield { ...event('message_delta', { delta: stopOf(generated), usage: usageOf(generated) }), part: 'closing' }
  yield { ...event('message_stop', {}), part: 'terminator' }
}

function event(type: string, fields: object, tokens = 0): StreamEvent {
  return { event: type, data: JSON.stringify({ type, ...fields }), tokens }
}

function stopOf({ finishReason, stopSequence }: Generated) {
  const stop_reason = stopSequence === undefined ? STOP_REASONS[finishReason] : 'stop_sequence'
  return { stop_reason, stop_sequence: stopSequence ?? null }
}

function begunMessage(generated: Generated) {
  return {
    id: `msg_${generated.id}`,
    type: 'message',
    role: 'assistant',
    model: generated.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usageOf(generated), output_tokens: 1 },
  }
}

/** Here `input_tokens` are only those that did not come from the cache. */
function usageOf({ usage }: Generated) {
  return {
    input_tokens: usage.inputTokens - usage.cachedInputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.cachedInputTokens,
    output_tokens: usage.outputTokens,
  }
}

/** This format carries arguments as an object, so that a text that is not JSON cannot be delivered as it is. */
function parsedInput(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

/** platform.claude.com/docs/en/api/errors */
const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
}

function error({ status, message }: Refusal) {
  return { type: 'error', error: { type: ERROR_TYPES[status] ?? 'api_error', message } }
}

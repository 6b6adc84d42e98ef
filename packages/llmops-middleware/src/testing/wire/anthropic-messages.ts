import { answerFormat, type Part, partsOf, type Written } from './answer-format.ts'
import type { Generated } from './generated.ts'
import { anthropicError } from './refusal.ts'

/** Anthropic Messages (platform.claude.com/docs/en/api/messages). */
export const anthropicMessages = answerFormat(write, anthropicError)

const STOP_REASONS = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use', content_filter: 'refusal' }

function write(generated: Generated): Written {
  const { id, model, finishReason, stopSequence, usage: counted } = generated
  const usage = {
    // Only those that did not come from the cache.
    input_tokens: counted.inputTokens - counted.cachedInputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: counted.cachedInputTokens,
    output_tokens: counted.outputTokens,
  }
  const stop_reason = stopSequence === undefined ? STOP_REASONS[finishReason] : 'stop_sequence'
  const stop = { stop_reason, stop_sequence: stopSequence ?? null }
  const message = { id: `msg_${id}`, type: 'message', role: 'assistant', model }
  const unstopped = { content: [], stop_reason: null, stop_sequence: null, usage: { ...usage, output_tokens: 1 } }
  return {
    whole: { ...message, content: partsOf(generated).map(blockOf), ...stop, usage },
    begin: [{ type: 'message_start', message: { ...message, ...unstopped } }],
    part(part, index) {
      const start = { type: 'content_block_start', index, content_block: blockOf({ ...part, text: '' }) }
      const delta = (text: string) =>
        part.call ? { type: 'input_json_delta', partial_json: text } : { type: 'text_delta', text }
      return {
        open: part.call ? [start] : [start, { type: 'ping' }],
        grow: (piece) => [{ type: 'content_block_delta', index, delta: delta(piece) }],
        close: [{ type: 'content_block_stop', index }],
      }
    },
    end: [{ type: 'message_delta', delta: stop, usage }, { type: 'message_stop' }],
  }
}

function blockOf({ call, text }: Part) {
  if (!call) return { type: 'text', text, citations: null }
  return { type: 'tool_use', id: call.id, name: call.name, input: inputOf(text) }
}

/** This format has arguments as an object, so that a text that is not JSON cannot be delivered whole. */
function inputOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

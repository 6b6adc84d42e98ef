import type { Generated } from './generate.ts'

const STOP_REASONS = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
} as const satisfies Record<Generated['finishReason'], string>

export function stopReasonOf({ finishReason }: Generated): string {
  return STOP_REASONS[finishReason]
}

export function wholeMessage(generated: Generated) {
  return {
    ...begunMessage(generated),
    content: contentOf(generated),
    stop_reason: stopReasonOf(generated),
    usage: usageOf(generated),
  }
}

export function begunMessage(generated: Generated) {
  return {
    id: `msg_${generated.id}`,
    type: 'message',
    role: 'assistant',
    model: generated.model,
    content: [] as unknown[],
    stop_reason: null as string | null,
    stop_sequence: null,
    usage: { ...usageOf(generated), output_tokens: 1 },
  }
}

/** Here `input_tokens` are only those that did not come from the cache. */
export function usageOf({ usage }: Generated) {
  return {
    input_tokens: usage.inputTokens - usage.cachedInputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.cachedInputTokens,
    output_tokens: usage.outputTokens,
  }
}

function contentOf({ textTokens, toolCalls }: Generated) {
  return [
    ...(textTokens.length ? [{ type: 'text', text: textTokens.join(''), citations: null }] : []),
    ...toolCalls.map(({ id, name, argumentTokens }) => ({
      type: 'tool_use',
      id,
      name,
      input: parsedInput(argumentTokens.join('')),
    })),
  ]
}

/** This format carries arguments as an object: what a broken text meant is lost on its way. */
function parsedInput(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

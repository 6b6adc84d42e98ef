import type { Generated } from '../../brain/generate.ts'
import type { Wire } from '../wire.ts'
import { anthropicError } from './error.ts'
import { messageEvents } from './events.ts'
import { begunMessage, stopReasonOf, usageOf } from './message-body.ts'
import { readRequest } from './read-request.ts'

const PATHS = new Set(['/v1/messages', '/anthropic/v1/messages'])

/** Anthropic Messages, also as Azure AI Foundry serves them (platform.claude.com/docs/en/api/messages). */
export const anthropicMessages: Wire = {
  match: (path) => (PATHS.has(path) ? '' : undefined),
  read: readRequest,

  json(generated) {
    return {
      ...begunMessage(generated),
      content: contentOf(generated),
      stop_reason: stopReasonOf(generated),
      usage: usageOf(generated),
    }
  },

  events: (generated) => [...messageEvents(generated)],

  error: anthropicError,
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

import type { Generated } from '../../brain/generate.ts'
import { openAiError } from '../openai-error.ts'
import type { Wire } from '../wire.ts'
import { chatEvents } from './events.ts'
import { readRequest } from './read-request.ts'
import { usageOf } from './usage.ts'

/**
 * OpenAI and Azure OpenAI chat completions
 * (platform.openai.com/docs/api-reference/chat, learn.microsoft.com/azure/ai-foundry/openai/reference).
 */
export const chatCompletions: Wire = {
  match(path) {
    if (path === '/v1/chat/completions' || path === '/openai/v1/chat/completions') return ''
    return /^\/openai\/deployments\/([^/]+)\/chat\/completions$/.exec(path)?.[1]
  },

  read: readRequest,

  json(generated) {
    return {
      id: `chatcmpl-${generated.id}`,
      object: 'chat.completion',
      created: generated.createdAtSeconds,
      model: generated.model,
      choices: Array.from({ length: generated.choices }, (_, index) => ({
        index,
        finish_reason: generated.finishReason,
        logprobs: null,
        message: messageOf(generated),
      })),
      usage: usageOf(generated),
    }
  },

  events: (generated, request) => [...chatEvents(generated, request)],

  error: openAiError,
}

function messageOf({ textTokens, toolCalls }: Generated) {
  return {
    role: 'assistant',
    content: textTokens.join('') || null,
    refusal: null,
    ...(toolCalls.length ? { tool_calls: toolCalls.map(toolCallOf) } : {}),
  }
}

function toolCallOf({ id, name, argumentTokens }: Generated['toolCalls'][number]) {
  return { id, type: 'function', function: { name, arguments: argumentTokens.join('') } }
}

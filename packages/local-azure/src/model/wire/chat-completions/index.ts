import { wire } from 'llmops-middleware/testing'
import type { Wire } from '../wire.ts'
import { readRequest } from './read-request.ts'

/** As OpenAI and Azure OpenAI serve them (learn.microsoft.com/azure/ai-foundry/openai/reference). */
export const chatCompletions: Wire = {
  ...wire.chatCompletions,

  match(path) {
    if (path === '/v1/chat/completions' || path === '/openai/v1/chat/completions') return ''
    return /^\/openai\/deployments\/([^/]+)\/chat\/completions$/.exec(path)?.[1]
  },

  read: readRequest,
}

import { wire } from 'llmops-middleware/testing'
import type { Wire } from '../wire.ts'
import { readRequest } from './read-request.ts'

/** As OpenAI and Azure OpenAI serve them (learn.microsoft.com/azure/ai-foundry/openai/reference). */
export const chatCompletions: Wire = {
  ...wire.chatCompletions,

  *events(generated, body) {
    const isPadded = (body['stream_options'] as StreamOptions)?.include_obfuscation !== false
    for (const event of wire.chatCompletions.events(generated, body)) {
      yield isPadded ? { ...event, text: padded(event.text) } : event
    }
  },

  match(path) {
    if (path === '/v1/chat/completions' || path === '/openai/v1/chat/completions') return ''
    return /^\/openai\/deployments\/([^/]+)\/chat\/completions$/.exec(path)?.[1]
  },

  read: readRequest,
}

type StreamOptions = { readonly include_obfuscation?: boolean } | null | undefined

const NOISE = 'kV3xQ9bTz1LmW7ryC5'

/** Noise of such a length that the sizes of events do not reveal their texts. */
function padded(event: string): string {
  const noise = NOISE.slice(0, NOISE.length - (event.length % NOISE.length))
  return event.includes('"delta":') ? event.replace(/}\n\n$/, `,"obfuscation":"${noise}"}\n\n`) : event
}

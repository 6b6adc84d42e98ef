import type { WireFormat } from '../wire-format.ts'
import { endsWithOperation } from './openai-paths.ts'
import { openAiResponses } from './openai-responses.ts'

/** Compaction in the Responses API: a model writes a shorter conversation, at the usual price of its tokens. */
export const openAiCompact: WireFormat = {
  ...openAiResponses,
  name: 'openai.responses.compact',
  recognises: (url) => endsWithOperation(url, 'responses/compact'),
  exampleUrls: [
    'https://api.openai.com/v1/responses/compact',
    'https://a.openai.azure.com/openai/v1/responses/compact',
  ],

  read(url, body) {
    const facts = openAiResponses.read(url, body)
    return facts && { ...facts, maxOutputTokens: undefined, takesNoCap: true, isStream: false }
  },

  write: (request, { model }) => openAiResponses.write(request, { model, maxOutputTokens: undefined }),
}

import { counted } from '../../usage.ts'
import type { WireFormat } from '../wire-format.ts'
import { makerAt } from './makers.ts'
import { namedModel } from './named-model.ts'
import { deploymentIn, endsWithOperation, openAiProvider, withDeployment } from './openai-paths.ts'
import { readOpenAiUsage } from './openai-usage.ts'
import { errorInPlaceOf } from './provider-error.ts'
import { OPENAI_MAX_REQUEST_BYTES } from './request-limits.ts'

/** Embeddings of OpenAI and Azure OpenAI (platform.openai.com/docs/api-reference/embeddings). Only input is billed. */
export const openAiEmbeddings: WireFormat = {
  name: 'openai.embeddings',
  operation: 'embeddings',
  recognises: (url) => endsWithOperation(url, 'embeddings'),
  exampleUrls: ['https://api.openai.com/v1/embeddings', 'https://a.openai.azure.com/openai/deployments/d/embeddings'],
  maxRequestBytes: OPENAI_MAX_REQUEST_BYTES,
  provider: openAiProvider,
  maker: makerAt,

  read(url, body) {
    const model = namedModel(deploymentIn(url), body['model'])
    const { input } = body
    if (input === undefined) return undefined
    // A list of numbers is one text, given as tokens.
    const inputs = Array.isArray(input) && typeof input[0] !== 'number' ? Math.max(1, input.length) : 1
    return { model, inputs, maxOutputTokens: 0, isStream: false }
  },

  write({ url, text, body }, { model }) {
    const deployment = deploymentIn(url)
    if (model === namedModel(deployment, body['model'])) return { url, text }
    return {
      url: deployment === undefined ? url : withDeployment(url, model),
      text: JSON.stringify({ ...body, model }),
    }
  },

  readAnswer(body) {
    // Voyage and Jina report only a total, and all of it is input.
    const reported = (body['usage'] ?? {}) as Readonly<Record<string, unknown>>
    const usage = counted(readOpenAiUsage({ prompt_tokens: reported['total_tokens'], ...reported }))
    return {
      ...(usage ? { usage } : errorInPlaceOf(body['data'], body)),
      ...(typeof body['model'] === 'string' ? { model: body['model'] } : {}),
    }
  },

  // Embeddings are never streamed.
  streamReader: () => ({
    isComplete: false,
    hasBegun: false,
    failure: undefined,
    deliveredTokens: 0,
    hidesTokens: false,
    read: () => 'forward',
    facts: () => ({}),
  }),
  errorBody: ({ message, type, code, details }) => ({ error: { message, type, code, param: null, ...details } }),
}

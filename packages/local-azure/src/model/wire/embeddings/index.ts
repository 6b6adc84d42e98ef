import { wire } from 'llmops-middleware/testing'
import { invalid, isCount, isUnset, missing } from '../invalid-request.ts'
import type { Wire, WireError } from '../wire.ts'

const MAX_DIMENSIONS = 3072
const MAX_INPUTS = 2048

/** OpenAI and Azure OpenAI embeddings (platform.openai.com/docs/api-reference/embeddings). */
export const embeddings: Wire = {
  ...wire.embeddings,

  match(path) {
    if (path === '/v1/embeddings' || path === '/openai/v1/embeddings') return ''
    return /^\/openai\/deployments\/([^/]+)\/embeddings$/.exec(path)?.[1]
  },

  read(body, deployment) {
    const model = deployment || body['model']
    if (typeof model !== 'string' || model === '') return missing('model')
    const inputs = readInputs(body['input'])
    if ('status' in inputs) return inputs
    const dimensions = body['dimensions'] ?? 1
    if (!isCount(dimensions) || dimensions > MAX_DIMENSIONS) {
      return invalid('dimensions', `Invalid 'dimensions': integer from 1 to ${MAX_DIMENSIONS} expected.`)
    }
    const encoding = body['encoding_format'] ?? 'float'
    if (encoding !== 'float' && encoding !== 'base64') {
      return invalid('encoding_format', `Invalid value: '${String(encoding)}'. Supported values are: float, base64.`)
    }
    const { texts, inputTokens } = inputs
    return {
      conversation: {
        model,
        system: '',
        messages: texts.map((text) => ({ role: 'user', text })),
        tools: [],
        toolChoice: 'none',
        isParallel: false,
        answerSchema: undefined,
        maxOutputTokens: undefined,
        choices: 1,
        mistake: undefined,
      },
      isStream: false,
      isPrefilled: false,
      user: typeof body['user'] === 'string' ? body['user'] : undefined,
      reply: { text: '', toolCalls: [] },
      inputTokens,
    }
  },
}

/** A text, texts, the token ids of a text, or those of texts. */
function readInputs(input: unknown): { texts: string[]; inputTokens: number } | WireError {
  if (isUnset(input)) return missing('input')
  const inputs: unknown[] = Array.isArray(input) && typeof input[0] !== 'number' ? input : [input]
  if (inputs.length === 0 || inputs.length > MAX_INPUTS) {
    return invalid('input', `Invalid 'input': expected from 1 to ${MAX_INPUTS} inputs.`)
  }
  let inputTokens = 0
  const texts: string[] = []
  for (const one of inputs) {
    if (typeof one === 'string' && one !== '') {
      texts.push(one)
      inputTokens += wire.countTokens(one)
    } else if (Array.isArray(one) && one.length > 0 && one.every(Number.isInteger)) {
      texts.push(one.join(' '))
      inputTokens += one.length
    } else {
      return invalid('input', "Invalid 'input': expected texts that are not empty, or arrays of token ids.")
    }
  }
  return { texts, inputTokens }
}

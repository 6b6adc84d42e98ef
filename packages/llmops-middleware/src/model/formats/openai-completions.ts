import { canonicalUrl } from '../endpoints/canonical-url.ts'
import { Attachments } from '../input/attachments.ts'
import { NO_FIELDS } from '../request/refused-fields.ts'
import type { WireFormat } from '../wire-format.ts'
import { answersOf, hasNoBound, largestCap } from './caps.ts'
import { namedModel } from './named-model.ts'
import { openAiChat } from './openai-chat.ts'
import { deploymentIn, endsWithOperation, withDeployment } from './openai-paths.ts'
import { requestTerms } from './request-terms.ts'

type Body = Readonly<Record<string, unknown>>

/** Paths of other formats that also end in `/completions`. */
const OTHER_COMPLETIONS = /\/(chat|agents)\/completions$/i

/**
 * Completions of a prompt, OpenAI's older API that other servers still have (platform.openai.com/docs/api-reference/
 * completions), and Mistral's fill-in-the-middle (`/fim/completions`). Answers and streams are like those of chats.
 */
export const openAiCompletions: WireFormat = {
  ...openAiChat,
  name: 'openai.completions',
  operation: 'text_completion',
  recognises: (url) => endsWithOperation(url, 'completions') && !OTHER_COMPLETIONS.test(canonicalUrl(url).pathname),
  exampleUrls: [
    'https://api.openai.com/v1/completions',
    'https://a.openai.azure.com/openai/deployments/d/completions',
    'https://api.mistral.ai/v1/fim/completions',
  ],

  read(url, body) {
    const { prompt, max_tokens: cap } = body
    if (prompt === undefined) return undefined
    const prompts = promptsOf(prompt)
    const answers = prompts * answersOf(body)
    const named = largestCap(cap)
    return {
      model: namedModel(deploymentIn(url), body['model']),
      inputs: prompts,
      maxOutputTokens: cap === 0 ? 0 : named && named * answers,
      ...(cap !== 0 && hasNoBound(cap) && { takesNoCap: true }),
      answers,
      // Each answer has at least one token.
      thinkingTokens: answers > 1 ? answers : undefined,
      terms: requestTerms(body, new Attachments()),
      isStream: body['stream'] === true,
    }
  },

  addedFields: ['stream_options'],

  write({ url, text, body }, { model, maxOutputTokens }, refused = NO_FIELDS) {
    const deployment = deploymentIn(url)
    const asked = namedModel(deployment, body['model'])
    const answers = promptsOf(body['prompt']) * answersOf(body)
    const named = body['max_tokens'] === 0 ? 0 : largestCap(body['max_tokens'])
    const changed: Record<string, unknown> = {}
    if (model !== asked) changed['model'] = model
    if (maxOutputTokens !== undefined && maxOutputTokens !== (named && named * answers)) {
      changed['max_tokens'] = Math.floor(maxOutputTokens / answers)
    }
    const options = body['stream_options'] as Body | null | undefined
    if (body['stream'] === true && options?.['include_usage'] !== true && !refused.has('stream_options')) {
      changed['stream_options'] = { ...options, include_usage: true }
    }
    if (Object.keys(changed).length === 0) return { url, text }
    const isMoved = deployment !== undefined && model !== deployment
    return {
      url: isMoved ? withDeployment(url, model) : url,
      text: JSON.stringify({ ...body, ...changed }),
    }
  },

  translate: (body) => ({ body }),
}

/** A list of numbers is one prompt, given as tokens. */
function promptsOf(prompt: unknown): number {
  return Array.isArray(prompt) && typeof prompt[0] !== 'number' ? Math.max(1, prompt.length) : 1
}

import { wire } from 'llmops-middleware/testing'
import type { Wire } from '../wire.ts'
import { readRequest } from './read-request.ts'

const PATHS = new Set(['/v1/responses', '/openai/v1/responses', '/openai/responses'])

/**
 * OpenAI and Azure OpenAI Responses (platform.openai.com/docs/api-reference/responses). Nothing is stored, so that a
 * `previous_response_id` is answered as one that is not known.
 */
export const responses: Wire = {
  ...wire.responses,
  match: (path) => (PATHS.has(path) ? '' : undefined),
  read: readRequest,
}

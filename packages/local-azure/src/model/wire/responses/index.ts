import { openAiError } from '../openai-error.ts'
import type { Wire } from '../wire.ts'
import { responseEvents } from './events.ts'
import { type ResponsesRequest, readRequest } from './read-request.ts'
import { wholeResponse } from './response-body.ts'

const PATHS = new Set(['/v1/responses', '/openai/v1/responses', '/openai/responses'])

/**
 * OpenAI and Azure OpenAI Responses (platform.openai.com/docs/api-reference/responses). Nothing is stored, so that a
 * `previous_response_id` is answered as one that is not known.
 */
export const responses: Wire<ResponsesRequest> = {
  match: (path) => (PATHS.has(path) ? '' : undefined),
  read: readRequest,
  json: wholeResponse,
  events: (generated, request) => [...responseEvents(generated, request)],
  error: openAiError,
}

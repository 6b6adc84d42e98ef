import { wire } from 'llmops-middleware/testing'
import type { Wire } from '../wire.ts'
import { readRequest } from './read-request.ts'

const PATHS = new Set(['/v1/messages', '/anthropic/v1/messages'])

/** Anthropic Messages, also as Azure AI Foundry serves them. */
export const anthropicMessages: Wire = {
  ...wire.anthropicMessages,
  match: (path) => (PATHS.has(path) ? '' : undefined),
  read: readRequest,
}

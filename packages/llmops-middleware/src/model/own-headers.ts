import { HandedOnResponse } from './answer/index.ts'
import type { ModelResult } from './model-call.ts'

/** The answer, with what a caller must know of it that the provider cannot say. */
export function withOwnHeaders({ response, clampedToTokens }: ModelResult): Response {
  if (clampedToTokens === undefined) return response
  return withHeader(response, 'x-llmops-max-output-tokens', String(clampedToTokens))
}

function withHeader(response: Response, name: string, value: string): Response {
  // A layer may have answered with a response of its own, whose headers can be fixed.
  const changed = response instanceof HandedOnResponse ? response : new Response(response.body, response)
  if (changed instanceof HandedOnResponse) changed.addHeader(name, value)
  else changed.headers.set(name, value)
  return changed
}

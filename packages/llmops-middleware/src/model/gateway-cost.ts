import type { AnswerFacts } from './wire-format.ts'

/** LiteLLM sends it with whole answers (docs.litellm.ai/docs/proxy/response_headers). */
const COST_HEADER = 'x-litellm-response-cost'

/** Returns the cost of a call that the gateway reports, in US dollars; undefined if it reports none. */
export function gatewayCost(headers: Headers, { costUsd }: AnswerFacts): number | undefined {
  const cost = headers.get(COST_HEADER)
  return cost === null || cost.trim() === '' ? costUsd : Number(cost)
}

import type { AnswerFacts } from './wire-format.ts'

/** LiteLLM says it of whole answers: docs.litellm.ai/docs/proxy/response_headers. */
const COST_HEADER = 'x-litellm-response-cost'

/** What the gateway says that a call cost, in US dollars; undefined where it says nothing. */
export function gatewayCost(headers: Headers, { costUsd }: AnswerFacts): number | undefined {
  const told = headers.get(COST_HEADER)
  return told === null || told.trim() === '' ? costUsd : Number(told)
}

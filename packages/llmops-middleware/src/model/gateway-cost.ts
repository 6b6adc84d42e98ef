import { hostNameOf } from '../host-name.ts'
import type { AnswerFacts } from './wire-format.ts'

/** LiteLLM sends it with whole answers (docs.litellm.ai/docs/proxy/response_headers). */
const COST_HEADER = 'x-litellm-response-cost'

/** Returns the cost of a call that the gateway reports, in US dollars; undefined if it reports none. */
export function gatewayCost(headers: Headers, { costUsd }: AnswerFacts): number | undefined {
  const cost = headers.get(COST_HEADER)
  return cost === null || cost.trim() === '' ? costUsd : Number(cost)
}

/**
 * Sellers whose answers state the whole bill, with fees that are in no count (docs.x.ai, docs.perplexity.ai, and
 * openrouter.ai/docs, usage accounting: "the total amount charged to your account").
 */
const BILLING_HOSTS = new Set(['api.x.ai', 'api.perplexity.ai', 'openrouter.ai'])

/** Whether the cost in an answer from this URL is the bill itself. */
export function tellsItsBill(url: URL): boolean {
  return BILLING_HOSTS.has(hostNameOf(url))
}

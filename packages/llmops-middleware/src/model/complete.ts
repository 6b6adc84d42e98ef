import { costIfKnown } from '../pricing/create-rate-card.ts'
import type { RateCard } from '../pricing/rate-card.ts'
import type { Completion, ModelCall } from './model-call.ts'
import { isSound } from './usage.ts'
import type { AnswerFacts } from './wire-format.ts'

export type Complete = (
  status: 'completed' | 'aborted' | 'broken',
  facts: AnswerFacts,
  /** Delivered output tokens, for an answer whose usage never came; undefined when nothing can tell. */
  deliveredTokens: number | undefined,
  error?: unknown,
  timeToFirstTokenMs?: number,
) => Completion

/** Turns what was read into what is charged: the provider's own count, else what was delivered. */
export function completionOf(call: ModelCall, rateCard: RateCard): Complete {
  return (status, facts, deliveredTokens, error, timeToFirstTokenMs) => {
    // No estimate is above the cap that the provider was given.
    const outputTokens = Math.min(deliveredTokens ?? 0, call.maxOutputTokens ?? Number.POSITIVE_INFINITY)
    const estimated = { inputTokens: call.inputTokens, outputTokens }
    const reported = facts.usage && isSound(facts.usage) ? facts.usage : undefined
    const usage = reported ?? estimated
    return {
      status,
      usage,
      usageSource: reported ? 'reported' : deliveredTokens === undefined ? 'unknown' : 'estimated',
      costNanos: costIfKnown(rateCard, call.model, usage),
      ...(facts.model === undefined ? {} : { responseModel: facts.model }),
      ...(facts.finishReasons ? { finishReasons: facts.finishReasons } : {}),
      ...(error === undefined ? {} : { error }),
      ...(timeToFirstTokenMs === undefined ? {} : { timeToFirstTokenMs }),
    }
  }
}

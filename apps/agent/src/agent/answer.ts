import type { FailureClass } from 'llmops-middleware'

/**
 * Why a task failed although every HTTP response was a success. The set is closed, because the reason becomes an
 * attribute of metrics.
 */
export type FailureReason =
  /** The model returned no text. */
  | 'no_answer'
  /** The question needed a tool, but the model answered without a tool result. */
  | 'ungrounded_answer'
  /** The answer was cut at the output cap. */
  | 'truncated_answer'
  /** The answer was cut because the tenant's budget could not pay for more. */
  | 'budget_exceeded'
  /** The provider's content filter removed the answer, or its end. */
  | 'content_filter'
  /** The model kept repeating the same tool call. */
  | 'loop'
  | 'step_limit'
  | 'token_limit'

export type AnswerOutcome =
  | { readonly status: 'completed' }
  | { readonly status: 'failed'; readonly reason: FailureReason }

export type Answer = {
  readonly text: string
  /** The model that gave the answer. */
  readonly model: string
  readonly outcome: AnswerOutcome
  readonly steps: number
}

/** Neither the caller's request nor the tenant's budget says anything about the agent. */
export function classOfFailure(reason: FailureReason): FailureClass {
  return reason === 'budget_exceeded' || reason === 'content_filter' ? 'caller' : 'agent'
}

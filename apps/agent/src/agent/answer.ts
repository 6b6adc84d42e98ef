import type { FailureClass } from 'llmops-middleware'

/** Why a task failed though nothing broke: the failures that no HTTP status shows. Bounded: it becomes an attribute. */
export type FailureReason =
  /** The model ended without saying anything. */
  | 'no_answer'
  /** It answered from memory what only a tool knows: no tool result of this task stands behind what it said. */
  | 'ungrounded_answer'
  /** The answer was cut at the output cap. */
  | 'truncated_answer'
  /** It was cut because the tenant's money was for no more. */
  | 'budget_exceeded'
  /** The provider's filter took the answer, or its end, away. */
  | 'content_filter'
  /** It asked for the same thing again and again. */
  | 'loop'
  | 'step_limit'
  | 'token_limit'

export type AnswerOutcome =
  | { readonly status: 'completed' }
  | { readonly status: 'failed'; readonly reason: FailureReason }

export type Answer = {
  readonly text: string
  /** The model that said it. */
  readonly model: string
  readonly outcome: AnswerOutcome
  readonly steps: number
}

/** What its caller asked for and what its tenant may spend are no doing of the agent. */
export function classOfFailure(reason: FailureReason): FailureClass {
  return reason === 'budget_exceeded' || reason === 'content_filter' ? 'caller' : 'agent'
}

import type { FailureClass } from '../failure-class.ts'
import type { ToolEffect } from '../tool-effect.ts'
import type { Usd } from '../usd.ts'

/**
 * What happened, as plain objects that JSON can hold. None has a prompt, an answer or an argument in it, and no secret:
 * sentences of providers and messages of errors are redacted and cut to a length.
 */
export type OpsEvent = TaskBegan | TaskEnded | ModelCallBegan | ModelCallEnded | ToolCallEnded | Decision

/** Where it belongs in a trace; absent where nothing is traced. */
export type TraceFacts = { readonly traceId?: string; readonly spanId?: string }

/** One error of a chain of causes, the outermost first. */
export type ErrorSummary = {
  readonly name: string
  readonly message: string
  readonly code?: string
  /** The HTTP status that it tells of. */
  readonly status?: number
  /** Where it was thrown, of one without a code or a status: probably a mistake in the code. */
  readonly at?: string
}

type TaskFacts = TraceFacts & {
  readonly taskId: string
  /** `gen_ai.agent.name`. */
  readonly name: string
  readonly tenant: string
  readonly scopes: Readonly<Record<string, string>>
  readonly conversationId?: string
  /** Epoch milliseconds. */
  readonly startedAtMs: number
}

/** An outermost task began. Tasks nested in one are part of it. */
export type TaskBegan = TaskFacts & { readonly type: 'task_began' }

export type TaskEnded = TaskFacts & {
  readonly type: 'task_ended'
  readonly endedAtMs: number
  readonly outcome: 'success' | 'failure'
  /** Of a failure: one bounded word. */
  readonly reason?: string
  readonly class?: FailureClass
  /** What its function threw, or why it was ended, and the causes of that. */
  readonly errors: readonly ErrorSummary[]
  /** Without the time in which nothing of it did anything any more. */
  readonly latencyMs: number
  readonly totals: TaskFigures
}

/** What the totals of a task were at its end. */
export type TaskFigures = {
  readonly modelCalls: number
  readonly toolCalls: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costUsd: Usd
  readonly unknownUsd: Usd
  readonly repairs: number
  readonly fallbacks: number
  readonly downshifts: number
  readonly clamps: number
  readonly retries: number
  readonly lateCalls: number
}

type CallFacts = TraceFacts & {
  /** Unique in this process. */
  readonly callId: string
  /** The outermost task; absent of a call outside of any. */
  readonly taskId?: string
  readonly tenant: string
  /** Epoch milliseconds. */
  readonly startedAtMs: number
}

type ModelCallFacts = CallFacts & {
  /** `gen_ai.provider.name`. */
  readonly provider: string
  /** `gen_ai.operation.name`. */
  readonly operation: string
  readonly requestedModel: string
  readonly isStream: boolean
}

export type ModelCallBegan = ModelCallFacts & { readonly type: 'model_call_began' }

export type ModelCallEnded = ModelCallFacts & {
  readonly type: 'model_call_ended'
  /** The model that was asked last; after a downshift another than the requested one. */
  readonly model: string
  /** The model that the provider says answered. */
  readonly responseModel?: string
  /**
   * - `completed`: the whole answer
   * - `failed`: the provider answered with an error, or nobody answered
   * - `refused`: a layer of ours answered in place of the provider
   * - `aborted`: the caller left
   * - `broken`: the answer was cut, stalled or malformed
   */
  readonly outcome: 'completed' | 'failed' | 'refused' | 'aborted' | 'broken'
  /** Of what the caller was given; absent where no answer came. */
  readonly status?: number
  /** Of the route; without one the single attempt. */
  readonly attempts: readonly ModelAttempt[]
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens?: number
  readonly costUsd: Usd
  /** The part of the cost that is charged without being known. */
  readonly unknownUsd: Usd
  /** What the budgets made of it. */
  readonly budget: 'allow' | 'clamp' | 'downshift' | 'block'
  /** The output cap that the provider was given where a budget cut the caller's. */
  readonly clampedToTokens?: number
  readonly finishReasons?: readonly string[]
  /** The mode of the fault that chaos injected. */
  readonly fault?: string
  /** Of a call that was not answered: one bounded word. */
  readonly code?: string
  readonly class?: FailureClass
  /** The provider's own sentence, or that of our refusal. */
  readonly sentence?: string
  /** What was thrown where no answer came, and the causes of that. */
  readonly errors: readonly ErrorSummary[]
  /** Its task had ended before it began. */
  readonly isLate: boolean
  readonly durationMs: number
  /** From the request to the first event of a stream. */
  readonly firstTokenMs?: number
}

export type ModelAttempt = {
  /** The name of a target of the route, else the host. */
  readonly target: string
  readonly model: string
  readonly outcome: 'answered' | 'retry' | 'next' | 'larger' | 'never' | 'breaker_open' | 'failed'
  readonly status?: number
  readonly errors: readonly ErrorSummary[]
  readonly durationMs: number
  /** How long the route waited after it before it asked again. */
  readonly delayMs?: number
}

export type ToolCallEnded = Omit<CallFacts, 'tenant'> & {
  readonly type: 'tool_call_ended'
  readonly tenant?: string
  readonly tool: string
  readonly effect: ToolEffect
  readonly status: 'ok' | 'fallback' | 'error'
  /** The function that answered. */
  readonly answeredBy?: string
  /** What its arguments were repaired by: `spelling`, `completion`, `coercion`, `removal`, `model`. */
  readonly repairs: readonly string[]
  /** The functions that failed before another one was asked. */
  readonly fallbacks: readonly { readonly tool: string; readonly errors: readonly ErrorSummary[] }[]
  readonly fault?: string
  /** Of a failure: its stable code, else the class of the error. */
  readonly code?: string
  readonly class?: FailureClass
  readonly errors: readonly ErrorSummary[]
  readonly durationMs: number
}

/** Something that was decided and is part of no call above. */
export type Decision = {
  readonly type: 'decision'
  /**
   * - `refused`: a model call that never reached the layers: without a payer, of an unknown endpoint, of an ended task
   * - `ungoverned`: a request to a host of models passed without being priced
   * - `budget_notice`: a share of the limit of an account was spent
   * - `charged`: money that no model call shows, such as that of a tool
   */
  readonly kind: 'refused' | 'ungoverned' | 'budget_notice' | 'charged'
  readonly atMs: number
  readonly tenant?: string
  readonly taskId?: string
  /** One bounded word. */
  readonly code: string
  readonly sentence: string
  /** Of `charged`. */
  readonly usd?: Usd
  readonly unknownUsd?: Usd
  /** Of `budget_notice`. */
  readonly scope?: string
  readonly share?: number
}

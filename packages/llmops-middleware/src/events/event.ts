import type { FailureClass } from '../failure-class.ts'
import type { ToolEffect } from '../tool-effect.ts'
import type { Usd } from '../usd.ts'

/**
 * What happened, as plain objects that JSON can hold. None has a prompt, an answer or an argument in it, and no secret:
 * sentences of providers and messages of errors are redacted and cut to a length.
 */
export type OpsEvent = TaskBegan | TaskEnded | ModelCallBegan | ModelCallEnded | ToolCallEnded | Decision

/** Where it belongs in a trace; absent where nothing is traced. */
export type TraceFacts = {
  /** The trace that it belongs to. */
  readonly traceId?: string
  /** Its span. */
  readonly spanId?: string
}

/** One error of a chain of causes, the outermost first. */
export type ErrorSummary = {
  /** The name of its class. */
  readonly name: string
  /** Its message, redacted and cut to a length. */
  readonly message: string
  /** Its code, if it has one. */
  readonly code?: string
  /** The HTTP status that it tells of. */
  readonly status?: number
  /** Where it was thrown, of one without a code or a status: probably a mistake in the code. */
  readonly at?: string
}

type TaskFacts = TraceFacts & {
  /** The id of the task. */
  readonly taskId: string
  /** `gen_ai.agent.name`. */
  readonly name: string
  /** Who pays. */
  readonly tenant: string
  /** Who pays beside the tenant, by scope. */
  readonly scopes: Readonly<Record<string, string>>
  /** The conversation that it belongs to. */
  readonly conversationId?: string
  /** Epoch milliseconds. */
  readonly startedAtMs: number
}

/** An outermost task began. Tasks nested in one are part of it. */
export type TaskBegan = TaskFacts & {
  /** Always `task_began`. */
  readonly type: 'task_began'
}

/** An outermost task ended. */
export type TaskEnded = TaskFacts & {
  /** Always `task_ended`. */
  readonly type: 'task_ended'
  /** When it ended, in epoch milliseconds. */
  readonly endedAtMs: number
  /** How it ended. */
  readonly outcome: 'success' | 'failure'
  /** Of a failure: one bounded word. */
  readonly reason?: string
  /** Who is answerable for a failure. */
  readonly class?: FailureClass
  /** What its function threw, or why it was ended, and the causes of that. */
  readonly errors: readonly ErrorSummary[]
  /** Without the time in which nothing of it did anything any more. */
  readonly latencyMs: number
  /** What happened in it and in the tasks nested in it. */
  readonly totals: TaskFigures
}

/** What the totals of a task were at its end. */
export type TaskFigures = {
  /** Model calls. */
  readonly modelCalls: number
  /** Tool calls. */
  readonly toolCalls: number
  /** Input tokens that were billed. */
  readonly inputTokens: number
  /** Output tokens that were billed. */
  readonly outputTokens: number
  /** What all of it cost, in US dollars. */
  readonly costUsd: Usd
  /** The part of the cost that is charged without being known. */
  readonly unknownUsd: Usd
  /** How often a model was asked to repair arguments. */
  readonly repairs: number
  /** Tool calls that a fallback answered. */
  readonly fallbacks: number
  /** Model calls that went to a cheaper model. */
  readonly downshifts: number
  /** Model calls whose output cap the budget lowered. */
  readonly clamps: number
  /** Repeated attempts, which all calls of the outermost task share an allowance of. */
  readonly retries: number
  /** Model calls that came after its end. */
  readonly lateCalls: number
}

type CallFacts = TraceFacts & {
  /** Unique in this process. */
  readonly callId: string
  /** The outermost task; absent of a call outside of any. */
  readonly taskId?: string
  /** Who pays. */
  readonly tenant: string
  /** Epoch milliseconds. */
  readonly startedAtMs: number
}

type ModelCallFacts = CallFacts & {
  /** `gen_ai.provider.name`. */
  readonly provider: string
  /** `gen_ai.operation.name`. */
  readonly operation: string
  /** The model that the application asked for. */
  readonly requestedModel: string
  /** Whether the answer is streamed. */
  readonly isStream: boolean
}

/** A model call began. */
export type ModelCallBegan = ModelCallFacts & {
  /** Always `model_call_began`. */
  readonly type: 'model_call_began'
}

/** A model call ended. */
export type ModelCallEnded = ModelCallFacts & {
  /** Always `model_call_ended`. */
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
  /** Input tokens that were billed. */
  readonly inputTokens: number
  /** Output tokens that were billed. */
  readonly outputTokens: number
  /** Of the input tokens, those that the provider read from its cache. */
  readonly cachedInputTokens?: number
  /** What it cost, in US dollars. */
  readonly costUsd: Usd
  /** The part of the cost that is charged without being known. */
  readonly unknownUsd: Usd
  /** What the budgets made of it. */
  readonly budget: 'allow' | 'clamp' | 'downshift' | 'block'
  /** The output cap that the provider was given where a budget cut the caller's. */
  readonly clampedToTokens?: number
  /** Why each choice ended. */
  readonly finishReasons?: readonly string[]
  /** The mode of the fault that chaos injected. */
  readonly fault?: string
  /** Of a call that was not answered: one bounded word. */
  readonly code?: string
  /** Who is answerable for a failure. */
  readonly class?: FailureClass
  /** The provider's own sentence, or that of our refusal. */
  readonly sentence?: string
  /** What was thrown where no answer came, and the causes of that. */
  readonly errors: readonly ErrorSummary[]
  /** Its task had ended before it began. */
  readonly isLate: boolean
  /** From the request to the last byte, in milliseconds. */
  readonly durationMs: number
  /** From the request to the first event of a stream. */
  readonly firstTokenMs?: number
}

/** One attempt at one target. */
export type ModelAttempt = {
  /** The name of a target of the route, else the host. */
  readonly target: string
  /** The model that was asked. */
  readonly model: string
  /** What the route made of the attempt. */
  readonly outcome: 'answered' | 'retry' | 'next' | 'larger' | 'never' | 'breaker_open' | 'failed'
  /** The HTTP status; absent where no answer came. */
  readonly status?: number
  /** What was thrown, and the causes of that. */
  readonly errors: readonly ErrorSummary[]
  /** How long it took, in milliseconds. */
  readonly durationMs: number
  /** How long the route waited after it before it asked again. */
  readonly delayMs?: number
}

/** A tool call ended. */
export type ToolCallEnded = Omit<CallFacts, 'tenant'> & {
  /** Always `tool_call_ended`. */
  readonly type: 'tool_call_ended'
  /** Who pays; absent outside of a task. */
  readonly tenant?: string
  /** The name of the tool. */
  readonly tool: string
  /** What calling the tool means. */
  readonly effect: ToolEffect
  /** Whether its own function answered, a fallback did, or none. */
  readonly status: 'ok' | 'fallback' | 'error'
  /** The function that answered. */
  readonly answeredBy?: string
  /** What its arguments were repaired by: `spelling`, `completion`, `coercion`, `removal`, `model`. */
  readonly repairs: readonly string[]
  /** The functions that failed before another one was asked. */
  readonly fallbacks: readonly { readonly tool: string; readonly errors: readonly ErrorSummary[] }[]
  /** The mode of the fault that chaos injected. */
  readonly fault?: string
  /** Of a failure: its stable code, else the class of the error. */
  readonly code?: string
  /** Who is answerable for a failure. */
  readonly class?: FailureClass
  /** What was thrown, and the causes of that. */
  readonly errors: readonly ErrorSummary[]
  /** How long it took, in milliseconds. */
  readonly durationMs: number
}

/** Something that was decided and is part of no call above. */
export type Decision = {
  /** Always `decision`. */
  readonly type: 'decision'
  /**
   * - `refused`: a model call that never reached the layers: without a payer, of an unknown endpoint, of an ended task
   * - `ungoverned`: a request to a host of models passed without being priced
   * - `budget_notice`: a share of the limit of an account was spent
   * - `charged`: money that no model call shows, such as that of a tool
   */
  readonly kind: 'refused' | 'ungoverned' | 'budget_notice' | 'charged'
  /** When it was decided, in epoch milliseconds. */
  readonly atMs: number
  /** Who pays. */
  readonly tenant?: string
  /** The outermost task; absent outside of any. */
  readonly taskId?: string
  /** One bounded word. */
  readonly code: string
  /** What was decided, in words. */
  readonly sentence: string
  /** Of `charged`. */
  readonly usd?: Usd
  /** The part of `usd` that is charged without being known. */
  readonly unknownUsd?: Usd
  /** Of `budget_notice`. */
  readonly scope?: string
  /** The share of the limit that was spent, of `budget_notice`. */
  readonly share?: number
}

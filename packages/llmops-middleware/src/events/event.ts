import type { FailureClass } from '../failure-class.ts'
import type { ToolEffect } from '../tool-effect.ts'
import type { Usd } from '../usd.ts'

/**
 * An event, as a plain object that JSON can represent. No event contains a prompt, an answer, an argument or a secret.
 * Messages of providers and of errors are redacted and shortened.
 */
export type OpsEvent = TaskBegan | TaskEnded | ModelCallBegan | ModelCallEnded | ToolCallEnded | Decision

/** The place of an event in a trace. Absent without tracing. */
export type TraceFacts = {
  /** The id of the trace. */
  readonly traceId?: string
  /** The id of the span. */
  readonly spanId?: string
}

/** One error of a chain of causes, the outermost first. */
export type ErrorSummary = {
  /** The name of its class. */
  readonly name: string
  /** Its message, redacted and shortened. */
  readonly message: string
  /** Its code, if it has one. */
  readonly code?: string
  /** Its HTTP status, if it has one. */
  readonly status?: number
  /** Where it was thrown, if it has neither a code nor a status: it is probably a bug. */
  readonly at?: string
}

type TaskFacts = TraceFacts & {
  /** The id of the task. */
  readonly taskId: string
  /** `gen_ai.agent.name`. */
  readonly name: string
  /** Who pays. */
  readonly tenant: string
  /** Who pays in addition to the tenant, by scope. */
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
  /** The reason of a failure: one word of a bounded set. */
  readonly reason?: string
  /** Who is answerable for a failure. */
  readonly class?: FailureClass
  /** What its function threw, or why it was aborted, with the causes. */
  readonly errors: readonly ErrorSummary[]
  /** How long it took, in milliseconds, without idle time at its end. */
  readonly latencyMs: number
  /** The totals of the task and of the tasks nested in it. */
  readonly totals: TaskFigures
}

/** The totals of a task at its end. */
export type TaskFigures = {
  /** Model calls. */
  readonly modelCalls: number
  /** Tool calls. */
  readonly toolCalls: number
  /** Input tokens that were billed. */
  readonly inputTokens: number
  /** Output tokens that were billed. */
  readonly outputTokens: number
  /** The total cost, in US dollars. */
  readonly costUsd: Usd
  /** The part of the cost that is charged though the real cost is not known. */
  readonly unknownUsd: Usd
  /** How often a model was asked to repair arguments. */
  readonly repairs: number
  /** Tool calls that a fallback answered. */
  readonly fallbacks: number
  /** Model calls that went to a cheaper model. */
  readonly downshifts: number
  /** Model calls whose output cap the budget lowered. */
  readonly clamps: number
  /** Retries. All calls of the outermost task share one allowance. */
  readonly retries: number
  /** Model calls that came after its end. */
  readonly lateCalls: number
}

type CallFacts = TraceFacts & {
  /** Unique in this process. */
  readonly callId: string
  /** The outermost task. Absent for a call outside a task. */
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
  /** Whether a stream was requested. */
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
  /** The model that was called last. After a downshift it differs from the requested one. */
  readonly model: string
  /** The model that answered, as the provider reports it. */
  readonly responseModel?: string
  /**
   * - `completed`: the whole answer
   * - `failed`: the provider returned an error, or did not respond
   * - `refused`: a layer of this library refused the call
   * - `aborted`: the caller aborted the call
   * - `broken`: the answer was cut, stalled or malformed
   */
  readonly outcome: 'completed' | 'failed' | 'refused' | 'aborted' | 'broken'
  /** The HTTP status that the caller got. Absent if no response came. */
  readonly status?: number
  /** The attempts of the route. Without a route, the single attempt. */
  readonly attempts: readonly ModelAttempt[]
  /** Input tokens that were billed. */
  readonly inputTokens: number
  /** Output tokens that were billed. */
  readonly outputTokens: number
  /** The input tokens that the provider read from its cache. */
  readonly cachedInputTokens?: number
  /** What it cost, in US dollars. */
  readonly costUsd: Usd
  /** The part of the cost that is charged though the real cost is not known. */
  readonly unknownUsd: Usd
  /** The decision of the budgets. */
  readonly budget: 'allow' | 'clamp' | 'downshift' | 'block'
  /** The output cap that was sent to the provider, if a budget lowered it. */
  readonly clampedToTokens?: number
  /** Why each choice ended. */
  readonly finishReasons?: readonly string[]
  /** The mode of the fault that chaos injected. */
  readonly fault?: string
  /** The reason of a failure: one word of a bounded set. */
  readonly code?: string
  /** Who is answerable for a failure. */
  readonly class?: FailureClass
  /** The error message of the provider, or of the refusal. */
  readonly sentence?: string
  /** What was thrown if no response came, with the causes. */
  readonly errors: readonly ErrorSummary[]
  /** Whether its task had ended before it began. */
  readonly isLate: boolean
  /** From the request to the last byte, in milliseconds. */
  readonly durationMs: number
  /** From the request to the first event of a stream, in milliseconds. */
  readonly firstTokenMs?: number
}

/** One attempt at one target. */
export type ModelAttempt = {
  /** The name of a target of the route, else the host. */
  readonly target: string
  /** The model that was asked. */
  readonly model: string
  /** The verdict of the route. */
  readonly outcome: 'answered' | 'retry' | 'next' | 'larger' | 'never' | 'breaker_open' | 'failed'
  /** The HTTP status. Absent if no response came. */
  readonly status?: number
  /** What was thrown, with the causes. */
  readonly errors: readonly ErrorSummary[]
  /** How long it took, in milliseconds. */
  readonly durationMs: number
  /** How long the route waited after it, in milliseconds. */
  readonly delayMs?: number
}

/** A tool call ended. */
export type ToolCallEnded = Omit<CallFacts, 'tenant'> & {
  /** Always `tool_call_ended`. */
  readonly type: 'tool_call_ended'
  /** Who pays. Absent outside a task. */
  readonly tenant?: string
  /** The name of the tool. */
  readonly tool: string
  /** Whether calling the tool changes something. */
  readonly effect: ToolEffect
  /** `ok` if its own function answered, `fallback` if a fallback did, else `error`. */
  readonly status: 'ok' | 'fallback' | 'error'
  /** The function that answered. */
  readonly answeredBy?: string
  /** How its arguments were repaired: `spelling`, `completion`, `coercion`, `removal`, `model`. */
  readonly repairs: readonly string[]
  /** The functions that failed before the next one was called. */
  readonly fallbacks: readonly { readonly tool: string; readonly errors: readonly ErrorSummary[] }[]
  /** The mode of the fault that chaos injected. */
  readonly fault?: string
  /** The code of a failure, else the name of the error's class. */
  readonly code?: string
  /** Who is answerable for a failure. */
  readonly class?: FailureClass
  /** What was thrown, with the causes. */
  readonly errors: readonly ErrorSummary[]
  /** How long it took, in milliseconds. */
  readonly durationMs: number
}

/** A decision that is not part of another event. */
export type Decision = {
  /** Always `decision`. */
  readonly type: 'decision'
  /**
   * - `refused`: a model call was refused before the layers: no tenant, an unknown endpoint, a task that has ended
   * - `ungoverned`: a request to a host of models passed without a price
   * - `budget_notice`: a share of the limit of an account was spent
   * - `charged`: money was charged outside a model call, such as the cost of a tool
   */
  readonly kind: 'refused' | 'ungoverned' | 'budget_notice' | 'charged'
  /** When it was decided, in epoch milliseconds. */
  readonly atMs: number
  /** Who pays. */
  readonly tenant?: string
  /** The outermost task. Absent outside a task. */
  readonly taskId?: string
  /** One word of a bounded set. */
  readonly code: string
  /** What was decided, in words. */
  readonly sentence: string
  /** The amount, for `charged`. */
  readonly usd?: Usd
  /** The part of `usd` that is charged though the real cost is not known. */
  readonly unknownUsd?: Usd
  /** The account, for `budget_notice`. */
  readonly scope?: string
  /** The share of the limit that was spent, for `budget_notice`. */
  readonly share?: number
}

import type { FailureClass } from '../failure-class.ts'

/** A task as a list shows it, without content. Times are epoch milliseconds, durations milliseconds, money in USD. */
export type TaskRow = {
  readonly id: string
  readonly tenant: string
  /** `gen_ai.agent.name`. */
  readonly name: string
  readonly startedAtMs: number
  readonly durationMs: number
  readonly outcome: 'success' | 'failure'
  /** Why it failed, in one word; null when it succeeded. */
  readonly reason: string | null
  readonly class: FailureClass | null
  /** Why it failed, in a sentence: the provider's own words if it sent any. null when it succeeded. */
  readonly error: string | null
  readonly modelCalls: number
  readonly toolCalls: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costUsd: number
  /** What happened in the task that an operator searches for. */
  readonly flags: readonly TaskFlag[]
}

export type TaskFlag = 'fault' | 'clamp' | 'downshift' | 'block' | 'repair' | 'fallback' | 'retry'

/** A task with everything that is kept about it. */
export type KeptTask = TaskRow & {
  readonly unknownUsd: number
  readonly traceId: string | null
  readonly conversationId: string | null
  readonly scopes: Readonly<Record<string, string>>
  /** The facts of the process that ran it, as the application stated them: for example `release` and `instance`. */
  readonly facts: Readonly<Record<string, string>>
  /** The calls, ordered by their start, as the waterfall shows them. */
  readonly calls: readonly CallDetail[]
  /** The number of calls that were not kept, if the task had very many. */
  readonly callsLeftOut: number
}

export type CallDetail = ModelCallDetail | ToolCallDetail

type AnyCall = {
  /** Milliseconds from the start of the task to the start of the call. */
  readonly offsetMs: number
  readonly durationMs: number
  /** null when the call was answered. */
  readonly error: CallError | null
  /** The mode of the fault that was injected into the call; null without one. */
  readonly fault: string | null
  readonly spanId: string | null
}

export type CallError = {
  /** One word, such as the error's code or `http_503`. */
  readonly type: string
  /** The provider's own sentence if it sent one, else the message of the error. */
  readonly message: string | null
  /** The chain of causes, nearest first: `ECONNREFUSED: connect ...`. */
  readonly causes: readonly string[]
}

/**
 * A model call as its caller sees it: one call, however many attempts the route made. Each retry of an SDK is a call of
 * its own.
 */
export type ModelCallDetail = AnyCall & {
  readonly kind: 'model'
  /** The model of the last attempt. */
  readonly model: string
  readonly requestedModel: string
  readonly provider: string
  /** `refused`: by the middleware. `broken`: the answer was cut, stalled or malformed. `aborted`: the caller left. */
  readonly status: 'completed' | 'failed' | 'refused' | 'aborted' | 'broken'
  readonly httpStatus: number | null
  /** The attempts of the route, in order. Without a route there is one. */
  readonly attempts: readonly AttemptDetail[]
  readonly isStream: boolean
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens: number
  readonly costUsd: number
  readonly firstTokenMs: number | null
  /** The budget's decision. */
  readonly decision: keyof Decisions
  /** The output limit that a clamp set, in tokens; null without a clamp. */
  readonly clampedToTokens: number | null
}

/** How many model calls the budget allowed, clamped, moved to a cheaper model, and refused. */
export type Decisions = {
  readonly allow: number
  readonly clamp: number
  readonly downshift: number
  readonly block: number
}

export type AttemptDetail = {
  /** The name of the route's target; without a route, the host. */
  readonly target: string
  readonly model: string
  /** `answered`, `retry`, `next`, `breaker_open`, `failed` ... */
  readonly outcome: string
  readonly httpStatus: number | null
  readonly error: string | null
  readonly durationMs: number
  /** How long the route waited after this attempt, in milliseconds. */
  readonly delayMs: number
}

export type ToolCallDetail = AnyCall & {
  readonly kind: 'tool'
  readonly tool: string
  readonly status: 'ok' | 'fallback' | 'error'
  /** The fallback function that answered; null if the tool's own function did. */
  readonly answeredBy: string | null
  /** How arguments were repaired: `spelling`, `completion`, `coercion`, `removal`, `model` (the model was asked). */
  readonly repairs: readonly string[]
  /** The functions that failed before the next one was called, in order. */
  readonly fallbacks: readonly { readonly tool: string; readonly error: string }[]
}

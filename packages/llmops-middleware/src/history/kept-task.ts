import type { FailureClass } from '../failure-class.ts'

/** A task as a list shows it. Times are milliseconds, since 1970 or long; money is US dollars. None of it is content. */
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
  /** The same in a sentence: the provider's own words where there are some. */
  readonly error: string | null
  readonly modelCalls: number
  readonly toolCalls: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costUsd: number
  /** What happened in it that an operator looks for. */
  readonly flags: readonly TaskFlag[]
}

export type TaskFlag = 'fault' | 'clamp' | 'downshift' | 'block' | 'repair' | 'fallback' | 'retry'

/** A task with all that is kept of it. */
export type KeptTask = TaskRow & {
  readonly unknownUsd: number
  readonly traceId: string | null
  readonly conversationId: string | null
  readonly scopes: Readonly<Record<string, string>>
  /** Which process ran it: what the application told of itself then, such as `release` and `instance`. */
  readonly facts: Readonly<Record<string, string>>
  /** In order of their start: the waterfall. */
  readonly calls: readonly CallDetail[]
  /** Calls that were not kept, of a task with very many. */
  readonly callsLeftOut: number
}

export type CallDetail = ModelCallDetail | ToolCallDetail

type AnyCall = {
  /** From the start of the task. */
  readonly offsetMs: number
  readonly durationMs: number
  /** null when it was answered. */
  readonly error: CallError | null
  /** The mode of the fault that was injected into it. */
  readonly fault: string | null
  readonly spanId: string | null
}

export type CallError = {
  /** One word: a code, `http_503`. */
  readonly type: string
  /** The provider's own sentence, else the message of the error. */
  readonly message: string | null
  /** What lay behind it, the nearest first: `ECONNREFUSED: connect ...`. */
  readonly causes: readonly string[]
}

/** A model call as its caller sees it: one, whatever a route made of it. An SDK that repeats makes several. */
export type ModelCallDetail = AnyCall & {
  readonly kind: 'model'
  /** The model that was asked last. */
  readonly model: string
  readonly requestedModel: string
  readonly provider: string
  /** `refused`: by a layer of ours. `broken`: the answer was cut, stalled or malformed. `aborted`: the caller left. */
  readonly status: 'completed' | 'failed' | 'refused' | 'aborted' | 'broken'
  readonly httpStatus: number | null
  /** Of the route, in order; without a route the single one. */
  readonly attempts: readonly AttemptDetail[]
  readonly isStream: boolean
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens: number
  readonly costUsd: number
  readonly firstTokenMs: number | null
  /** What the budget made of it. */
  readonly decision: keyof Decisions
  /** The output cap that a clamp left, in tokens. */
  readonly clampedToTokens: number | null
}

/** How many model calls the budget let pass, cut, moved to a cheaper model, refused. */
export type Decisions = {
  readonly allow: number
  readonly clamp: number
  readonly downshift: number
  readonly block: number
}

export type AttemptDetail = {
  /** The name of a target of the route, else the host. */
  readonly target: string
  readonly model: string
  /** `answered`, `retry`, `next`, `breaker_open`, `failed` ... */
  readonly outcome: string
  readonly httpStatus: number | null
  readonly error: string | null
  readonly durationMs: number
  /** How long the route waited after it. */
  readonly delayMs: number
}

export type ToolCallDetail = AnyCall & {
  readonly kind: 'tool'
  readonly tool: string
  readonly status: 'ok' | 'fallback' | 'error'
  /** The function that answered, where it is not the tool's own. */
  readonly answeredBy: string | null
  /** How its arguments were repaired: `spelling`, `completion`, `coercion`, `removal`, or `model` where it was asked. */
  readonly repairs: readonly string[]
  /** The functions that failed before another was asked. */
  readonly fallbacks: readonly { readonly tool: string; readonly error: string }[]
}

import type { ErrorSummary, ModelCallEnded, TaskEnded, ToolCallEnded } from '../../events/index.ts'
import type {
  CallDetail,
  CallError,
  KeptTask,
  ModelCallDetail,
  TaskFlag,
  TaskRow,
  ToolCallDetail,
} from '../kept-task.ts'

export type EndedCall = ModelCallEnded | ToolCallEnded

/** Ids and names come from callers and providers, so their length is limited. */
const LONGEST_NAME = 256
const LONGEST_SENTENCE = 500
const MOST_CAUSES = 5
const MOST_ATTEMPTS = 20
const MOST_SCOPES = 10

/** The events of a task that ended. What lists and files need is built on demand: most tasks are never viewed. */
export class EndedTask {
  readonly #task: TaskEnded
  readonly #calls: readonly EndedCall[]
  readonly #callsLeftOut: number
  readonly #facts: Readonly<Record<string, string>>

  constructor(
    task: TaskEnded,
    calls: readonly EndedCall[],
    callsLeftOut: number,
    facts: Readonly<Record<string, string>>,
  ) {
    this.#task = task
    this.#calls = calls
    this.#callsLeftOut = callsLeftOut
    this.#facts = facts
  }

  get id(): string {
    return cut(this.#task.taskId)
  }

  get tenant(): string {
    return cut(this.#task.tenant)
  }

  get isFailed(): boolean {
    return this.#task.outcome === 'failure'
  }

  get endedAtMs(): number {
    return this.#task.endedAtMs
  }

  get size(): number {
    return this.#calls.length
  }

  get row(): TaskRow {
    const { name, startedAtMs, latencyMs, outcome, reason = null, totals } = this.#task
    return {
      id: this.id,
      tenant: this.tenant,
      name: cut(name),
      startedAtMs,
      durationMs: round(latencyMs),
      outcome,
      reason,
      class: this.#task.class ?? null,
      error: this.#sentence,
      modelCalls: totals.modelCalls,
      toolCalls: totals.toolCalls,
      inputTokens: totals.inputTokens,
      outputTokens: totals.outputTokens,
      costUsd: totals.costUsd,
      flags: this.#flags,
    }
  }

  get kept(): KeptTask {
    const { startedAtMs, totals, traceId = null, conversationId = null, scopes } = this.#task
    const calls = this.#calls
      .map((call) => (call.type === 'model_call_ended' ? modelCall(call, startedAtMs) : toolCall(call, startedAtMs)))
      .sort((a, b) => a.offsetMs - b.offsetMs)
    return {
      ...this.row,
      unknownUsd: totals.unknownUsd,
      traceId,
      conversationId,
      scopes: Object.fromEntries(
        Object.entries(scopes)
          .slice(0, MOST_SCOPES)
          .map(([name, id]) => [name, cut(id)]),
      ),
      facts: this.#facts,
      calls,
      callsLeftOut: this.#callsLeftOut,
    }
  }

  /** Why it failed: the provider's message for the last model call if that failed, else the error that was thrown. */
  get #sentence(): string | null {
    if (!this.isFailed) return null
    const last = this.#calls.findLast((call) => call.type === 'model_call_ended')
    const thrown = this.#task.errors[0]?.message || null
    return cutSentence(last?.sentence ?? thrown)
  }

  get #flags(): readonly TaskFlag[] {
    const { clamps, downshifts, repairs, fallbacks, retries } = this.#task.totals
    const calls = this.#calls
    const has = (is: (call: EndedCall) => boolean) => calls.some(is)
    return FLAGS.filter(
      (flag) =>
        ({
          fault: has(({ fault }) => fault !== undefined),
          clamp: clamps > 0,
          downshift: downshifts > 0,
          block: has((call) => call.type === 'model_call_ended' && call.budget === 'block'),
          repair: repairs > 0 || has((call) => call.type === 'tool_call_ended' && call.repairs.length > 0),
          fallback: fallbacks > 0,
          retry: retries > 0 || has((call) => call.type === 'model_call_ended' && call.attempts.length > 1),
        })[flag],
    )
  }
}

const FLAGS = ['fault', 'clamp', 'downshift', 'block', 'repair', 'fallback', 'retry'] as const satisfies TaskFlag[]

function modelCall(call: ModelCallEnded, taskStartedAtMs: number): ModelCallDetail {
  const { model, requestedModel, provider, outcome, status, isStream, inputTokens, outputTokens } = call
  return {
    kind: 'model',
    ...times(call, taskStartedAtMs),
    model: cut(model),
    requestedModel: cut(requestedModel),
    provider: cut(provider),
    status: outcome,
    httpStatus: status ?? null,
    attempts: call.attempts.slice(0, MOST_ATTEMPTS).map((attempt) => ({
      target: cut(attempt.target),
      model: cut(attempt.model),
      outcome: attempt.outcome,
      httpStatus: attempt.status ?? null,
      error: attempt.errors.length === 0 ? null : describeAll(attempt.errors.slice(0, 2)),
      durationMs: round(attempt.durationMs),
      delayMs: round(attempt.delayMs ?? 0),
    })),
    isStream,
    inputTokens,
    outputTokens,
    cachedInputTokens: call.cachedInputTokens ?? 0,
    costUsd: call.costUsd,
    firstTokenMs: call.firstTokenMs === undefined ? null : round(call.firstTokenMs),
    decision: call.budget,
    clampedToTokens: call.clampedToTokens ?? null,
    error: errorOf(call, call.sentence),
  }
}

function toolCall(call: ToolCallEnded, taskStartedAtMs: number): ToolCallDetail {
  const { tool, status, answeredBy, repairs, fallbacks } = call
  return {
    kind: 'tool',
    ...times(call, taskStartedAtMs),
    tool: cut(tool),
    status,
    answeredBy: answeredBy === undefined || answeredBy === tool ? null : cut(answeredBy),
    repairs,
    fallbacks: fallbacks.map(({ tool, errors }) => ({
      tool: cut(tool),
      error: describeAll(errors.slice(0, 2)),
    })),
    error: errorOf(call, undefined),
  }
}

function times(
  call: EndedCall,
  taskStartedAtMs: number,
): Pick<CallDetail, 'offsetMs' | 'durationMs' | 'fault' | 'spanId'> {
  return {
    offsetMs: round(Math.max(0, call.startedAtMs - taskStartedAtMs)),
    durationMs: round(call.durationMs),
    fault: call.fault ?? null,
    spanId: call.spanId ?? null,
  }
}

function errorOf({ code, errors }: EndedCall, sentence: string | undefined): CallError | null {
  if (code === undefined) return null
  const [first, ...behind] = errors
  // If the provider's own words are the message, the error that was thrown is listed as a cause.
  const message = sentence ?? first?.message
  const causes = first === undefined || message === first.message ? behind : errors
  return { type: code, message: cutSentence(message ?? null), causes: causes.slice(0, MOST_CAUSES).map(describe) }
}

function describe({ name, code, message }: ErrorSummary): string {
  return cutSentence(`${code ?? name}: ${message}`)
}

/** Describes the error that was thrown and its causes. */
function describeAll(errors: readonly ErrorSummary[]): string {
  return cutSentence(errors.map(describe).join(' < '))
}

function cut(text: string): string {
  return text.length > LONGEST_NAME ? text.slice(0, LONGEST_NAME) : text
}

function cutSentence<Text extends string | null>(text: Text): Text {
  return (text !== null && text.length > LONGEST_SENTENCE ? `${text.slice(0, LONGEST_SENTENCE - 1)}…` : text) as Text
}

/** Rounds to a tenth of a millisecond. */
function round(ms: number): number {
  return Math.round(ms * 10) / 10
}

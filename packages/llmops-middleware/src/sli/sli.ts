import { having } from '../check.ts'
import type { FailureClass } from '../failure-class.ts'
import type { Completion, ModelCall, ModelResult } from '../model/index.ts'
import type { Usage } from '../usage.ts'
import type { Usd } from '../usd.ts'

/** What an agent's health is read from; each method records one fact, in constant time and without allocating much. */
export interface Sli {
  /** Prices the usage, records `agent.cost.usd` and the token counters, and gives the price. */
  recordCost(model: string, usage: Usage, tenant: string): Usd
  /** A model call that ended: tokens, cost and the GenAI metrics. */
  modelCallEnded(call: ModelCall, result: ModelResult | undefined, completion: Completion, durationMs: number): void
  taskEnded(task: EndedTask): void
  /** `failureClass` is that of a call that failed; by default `agent`. */
  toolCallEnded(
    tool: string,
    status: 'ok' | 'fallback' | 'error',
    durationMs: number,
    errorType?: string,
    failureClass?: FailureClass,
  ): void
  repairRetried(attempt: number): void
  /** Arguments of a tool that were repaired at no cost, by `spelling`, `completion`, `coercion` or `removal`. */
  repairedFreely(kind: string): void
  downshifted(tenant: string): void
  budgetBreached(tenant: string, decision: 'clamp' | 'downshift' | 'block'): void
  /** A share of the limit of an account was spent: of the tenant's own (`tenant`), or of one of another scope. */
  budgetNoticed(tenant: string, scope: string, share: number): void
  /** Money that no model call shows, by what it was spent on; `unknownUsd` of it without being known. */
  charged(tenant: string, reason: string, usd: Usd, unknownUsd?: Usd): void
  chaosInjected(mode: string): void
  /** A model call of a task that had ended. */
  calledLate(tenant: string): void
  /** A request that nobody prices: the money on it is in no account. `path` is without ids. */
  ungoverned(host: string, path: string, tenant: string | undefined): void
}

export type EndedTask = {
  readonly tenant: string
  readonly outcome: 'success' | TaskFailure
  readonly latencyMs: number
  readonly costUsd: Usd
  /** `gen_ai.agent.name`. */
  readonly name?: string
  readonly modelCalls?: number
  readonly toolCalls?: number
}

/** By default the agent's own. */
export type TaskFailure = { readonly failure: string; readonly class?: FailureClass }

export const SLI = having<Sli>(
  'an Sli',
  'recordCost',
  'modelCallEnded',
  'taskEnded',
  'toolCallEnded',
  'repairRetried',
  'repairedFreely',
  'downshifted',
  'budgetBreached',
  'budgetNoticed',
  'charged',
  'chaosInjected',
  'calledLate',
  'ungoverned',
)

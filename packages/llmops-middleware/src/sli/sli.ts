import { having } from '../check.ts'
import type { FailureClass } from '../failure-class.ts'
import type { Completion, ModelCall, ModelResult } from '../model/index.ts'
import type { Usage } from '../usage.ts'
import type { Usd } from '../usd.ts'

/** What an agent's health is read from; each method records one fact, in constant time and without allocating much. */
export interface Sli {
  /**
   * Prices the usage, records `agent.cost.usd` and the token counters, and gives the price.
   *
   * @param model the model that answered
   * @param tenant who pays
   */
  recordCost(model: string, usage: Usage, tenant: string): Usd
  /**
   * A model call that ended: tokens, cost and the GenAI metrics.
   *
   * @param result undefined where no answer came
   * @param durationMs from the request to the last byte, in milliseconds
   */
  modelCallEnded(call: ModelCall, result: ModelResult | undefined, completion: Completion, durationMs: number): void
  /** Records how a task ended, how long it took and what it cost. */
  taskEnded(task: EndedTask): void
  /**
   * `failureClass` is that of a call that failed; by default `agent`.
   *
   * @param tool the name of the tool
   * @param status whether its own function answered, a fallback did, or none
   * @param durationMs how long it took, in milliseconds
   * @param errorType the code of the error of a call that failed
   */
  toolCallEnded(
    tool: string,
    status: 'ok' | 'fallback' | 'error',
    durationMs: number,
    errorType?: string,
    failureClass?: FailureClass,
  ): void
  /**
   * Counts a repair that a model was asked for.
   *
   * @param attempt 1 for the first time that a model was asked
   */
  repairRetried(attempt: number): void
  /**
   * Arguments of a tool that were repaired at no cost, by `spelling`, `completion`, `coercion` or `removal`.
   *
   * @param kind how they were repaired
   */
  repairedFreely(kind: string): void
  /**
   * Counts a model call that went to a cheaper model.
   *
   * @param tenant who pays
   */
  downshifted(tenant: string): void
  /**
   * Counts a model call that a budget cut, moved or refused.
   *
   * @param tenant who pays
   * @param decision what the budget made of the call
   */
  budgetBreached(tenant: string, decision: 'clamp' | 'downshift' | 'block'): void
  /**
   * A share of the limit of an account was spent: of the tenant's own (`tenant`), or of one of another scope.
   *
   * @param tenant who pays
   * @param scope the scope of the account
   * @param share the share of its limit
   */
  budgetNoticed(tenant: string, scope: string, share: number): void
  /**
   * Money that no model call shows, by what it was spent on; `unknownUsd` of it without being known.
   *
   * @param tenant who pays
   * @param reason what it was spent on
   */
  charged(tenant: string, reason: string, usd: Usd, unknownUsd?: Usd): void
  /**
   * Counts an injected fault.
   *
   * @param mode the mode of the fault
   */
  chaosInjected(mode: string): void
  /**
   * A model call of a task that had ended.
   *
   * @param tenant who pays
   */
  calledLate(tenant: string): void
  /**
   * A request that nobody prices: the money on it is in no account. `path` is without ids.
   *
   * @param host the host that was asked
   * @param path its path, without ids
   * @param tenant who made the request, where that is known
   */
  ungoverned(host: string, path: string, tenant: string | undefined): void
}

/** What is recorded of a task that ended. */
export type EndedTask = {
  /** Who paid. */
  readonly tenant: string
  /** How it ended. */
  readonly outcome: 'success' | TaskFailure
  /** How long it took, in milliseconds. */
  readonly latencyMs: number
  /** What it cost, in US dollars. */
  readonly costUsd: Usd
  /** `gen_ai.agent.name`. */
  readonly name?: string
  /** How many model calls it made. */
  readonly modelCalls?: number
  /** How many tool calls it made. */
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

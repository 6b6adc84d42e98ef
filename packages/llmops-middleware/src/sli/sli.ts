import { having } from '../check.ts'
import type { FailureClass } from '../failure-class.ts'
import type { Completion, ModelCall, ModelResult } from '../model/index.ts'
import type { Usage } from '../usage.ts'
import type { Usd } from '../usd.ts'

/** Records the health of an agent. Each method records one fact, in constant time and with few allocations. */
export interface Sli {
  /**
   * Records `agent.cost.usd` and the token counters of a usage, and returns its price in US dollars.
   *
   * @param model the model that answered
   * @param tenant who pays
   */
  recordCost(model: string, usage: Usage, tenant: string): Usd
  /**
   * Records a model call that ended: tokens, cost and the GenAI metrics.
   *
   * @param result the result; undefined if no response came
   * @param durationMs from the request to the last byte, in milliseconds
   */
  modelCallEnded(call: ModelCall, result: ModelResult | undefined, completion: Completion, durationMs: number): void
  /** Records how a task ended, how long it took and what it cost. */
  taskEnded(task: EndedTask): void
  /**
   * Records a tool call. `failureClass` is the class of a failure; by default `agent`.
   *
   * @param tool the name of the tool
   * @param status `ok` if its own function answered, `fallback` if a fallback did, else `error`
   * @param durationMs how long it took, in milliseconds
   * @param errorType the code of the error, if the call failed
   */
  toolCallEnded(
    tool: string,
    status: 'ok' | 'fallback' | 'error',
    durationMs: number,
    errorType?: string,
    failureClass?: FailureClass,
  ): void
  /**
   * Counts a request to a model to repair arguments.
   *
   * @param attempt the number of the attempt; the first is 1
   */
  repairRetried(attempt: number): void
  /**
   * Counts arguments that were repaired at no cost, by `spelling`, `completion`, `coercion` or `removal`.
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
   * Counts a model call that a budget clamped, downshifted or refused.
   *
   * @param tenant who pays
   * @param decision the decision of the budget
   */
  budgetBreached(tenant: string, decision: 'clamp' | 'downshift' | 'block'): void
  /**
   * Records that a share of an account's limit was spent: of the tenant (`tenant`), or of another scope.
   *
   * @param tenant who pays
   * @param scope the scope of the account
   * @param share the share of its limit
   */
  budgetNoticed(tenant: string, scope: string, share: number): void
  /**
   * Records money that was charged outside model calls. `unknownUsd` is the part whose real cost is not known.
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
   * Counts a model call of a task that had ended.
   *
   * @param tenant who pays
   */
  calledLate(tenant: string): void
  /**
   * Counts a request without a price, whose cost is in no account.
   *
   * @param host the host of the request
   * @param path its path, without ids
   * @param tenant the tenant, if it is known
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

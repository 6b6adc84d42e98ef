import { AsyncLocalStorage } from 'node:async_hooks'
import type { UnknownEffect } from './deadline-exceeded-error.ts'
import type { Evaluation } from './evaluation.ts'
import type { FailureClass, ModelFailure } from './failure-class.ts'
import type { TaskBudget, TaskBudgetState, TaskBudgets } from './task-budget.ts'
import { type Nanos, type Usd, usdFromNanos, ZERO } from './usd.ts'

/** The totals so far of a task and of the tasks nested in it. */
export type TaskTotals = Readonly<Counts> & {
  /** `costNanos` in US dollars. */
  readonly costUsd: Usd
  /** `unknownNanos` in US dollars. */
  readonly unknownUsd: Usd
}

type Counts = {
  /** Model calls. */
  modelCalls: number
  /** Tool calls. */
  toolCalls: number
  /** Input tokens that were billed. */
  inputTokens: number
  /** Output tokens that were billed. */
  outputTokens: number
  /** The total cost, in nano-USD. */
  costNanos: Nanos
  /** The part of the cost that is charged though the real cost is not known. */
  unknownNanos: Nanos
  /** How often a model was asked to repair arguments. */
  repairs: number
  /** Tool calls that a fallback answered. */
  fallbacks: number
  /** Model calls that went to a cheaper model. */
  downshifts: number
  /** Model calls whose output cap the budget cut. */
  clamps: number
  /** Retries. All calls of the outermost task share one allowance. */
  retries: number
  /** Model calls that began when the task had ended. */
  lateCalls: number
}

type TaskLimits = { readonly maxRetries?: number | undefined; readonly maxCalls?: number | undefined }

/** How long a task may take until its first sign to the caller, and the clock for it. */
export type Patience = { readonly latencyObjectiveMs: number; readonly epochMs: () => number }

/** The limit that a tool call would exceed. */
export type CallLimit = { readonly limitOf: 'tool' | 'task'; readonly maxCalls: number }

/** The records of the tasks that wrap up in the current context. */
const wrappingUp = new AsyncLocalStorage<readonly TaskRecord[]>()

const NOTHING: Counts = {
  modelCalls: 0,
  toolCalls: 0,
  inputTokens: 0,
  outputTokens: 0,
  costNanos: ZERO,
  unknownNanos: ZERO,
  repairs: 0,
  fallbacks: 0,
  downshifts: 0,
  clamps: 0,
  retries: 0,
  lateCalls: 0,
}

const COUNTED = Object.keys(NOTHING) as readonly (keyof Counts)[]

/** What the layers record of a task. Users of the task can read the totals, but not change them. */
export class TaskRecord {
  readonly #parent: TaskRecord | undefined
  readonly #budgets: TaskBudgets | undefined
  /** This record and those of the outer tasks. */
  readonly #lineage: readonly TaskRecord[]
  readonly #maxRetries: number
  readonly #maxCalls: number
  #toolCalls = 0
  #openEffects: Set<UnknownEffect> | undefined
  /** What its function threw, or why it was aborted. */
  error: unknown
  /** `gen_ai.provider.name` of the first model that it called. */
  provider: string | undefined
  /** Called for evaluations of its answer. Only of the outermost task. */
  onEvaluation: ((evaluation: Evaluation, conversationId: string | undefined) => void) | undefined
  /** By the name of the tool. */
  #callsOf: Map<string, number> | undefined
  readonly #counts: Counts = { ...NOTHING }
  #totals: TaskTotals | undefined
  /** The class of its failure. */
  failureClass: FailureClass = 'agent'
  #modelFailure: ModelFailure | undefined
  #hasLostCalls = false
  readonly #patience: Patience
  readonly #startedAtMs: number
  #signsBy: 'model' | 'response' = 'model'
  #signAtMs: number | undefined

  constructor(parent: TaskRecord | undefined, limits: TaskLimits, patience: Patience, budgets?: TaskBudgets) {
    this.#patience = patience
    this.#startedAtMs = patience.epochMs()
    const { maxRetries = 3, maxCalls = Number.POSITIVE_INFINITY } = limits
    this.#budgets = budgets
    this.#parent = parent
    this.#lineage = [this, ...(parent ? parent.#lineage : [])]
    this.#maxRetries = maxRetries
    this.#maxCalls = maxCalls
  }

  /** The budget for calls in the current context: its own, or that of the nearest outer task with one. */
  get budget(): TaskBudget | undefined {
    if (this.#budgets === undefined) return this.#parent?.budget
    const { whole, working } = this.#budgets
    return whole !== working && wrappingUp.getStore()?.includes(this) ? whole : working
  }

  get budgetState(): TaskBudgetState | undefined {
    const left = this.budget?.state
    return left && this.#wholeBudget ? { ...this.#wholeBudget.state, leftUsd: left.leftUsd } : left
  }

  get #wholeBudget(): TaskBudget | undefined {
    return this.#budgets?.whole ?? (this.#parent ? this.#parent.#wholeBudget : undefined)
  }

  /** Runs a function that may spend the reserve. */
  wrapUp<T>(run: () => T): T {
    return wrappingUp.run([...(wrappingUp.getStore() ?? []), this], run)
  }

  /** A live object, because a stream may end after its task. */
  get totals(): TaskTotals {
    this.#totals ??= new LiveTotals(this.#counts) as unknown as TaskTotals
    return this.#totals
  }

  /** The totals of the moment, for code that reads them once: the object that follows them costs more than a small task. */
  get totalsNow(): TaskTotals {
    const { costNanos, unknownNanos } = this.#counts
    return { ...this.#counts, costUsd: usdFromNanos(costNanos), unknownUsd: usdFromNanos(unknownNanos) }
  }

  /** Adds to the totals of this task and of the outer ones. */
  count(total: keyof Counts, amount = 1): void {
    // Sums of whole nano-USD are whole, so one addition serves counts and money.
    this.#counts[total] = (this.#counts[total] + amount) as Nanos
    this.#parent?.count(total, amount)
  }

  /** The running tool calls with an effect. */
  get openEffects(): readonly UnknownEffect[] {
    return [...(this.#openEffects ?? [])]
  }

  effectStarted(effect: UnknownEffect): void {
    for (const record of this.#lineage) {
      record.#openEffects ??= new Set()
      record.#openEffects.add(effect)
    }
  }

  effectEnded(effect: UnknownEffect): void {
    for (const record of this.#lineage) record.#openEffects?.delete(effect)
  }

  /** Takes one retry from the allowance that all calls of the outermost task share. */
  takeRetry(): boolean {
    const { outermost } = this
    if (outermost.#counts.retries >= outermost.#maxRetries) return false
    this.count('retries')
    return true
  }

  /**
   * Counts a tool call in this task and in the outer ones.
   *
   * @param maxOfTool how often the outermost task may call this tool
   * @returns the limit that is reached, if the call was not counted
   */
  takeToolCall(tool: string, maxOfTool: number | undefined): CallLimit | undefined {
    const full = this.#lineage.find((record) => record.#toolCalls >= record.#maxCalls)
    if (full) return { limitOf: 'task', maxCalls: full.#maxCalls }
    if (maxOfTool !== undefined && !this.outermost.#takeCallOf(tool, maxOfTool)) {
      return { limitOf: 'tool', maxCalls: maxOfTool }
    }
    for (const record of this.#lineage) record.#toolCalls++
    return undefined
  }

  #takeCallOf(tool: string, maxCalls: number): boolean {
    this.#callsOf ??= new Map()
    const calls = this.#callsOf.get(tool) ?? 0
    if (calls < maxCalls) this.#callsOf.set(tool, calls + 1)
    return calls < maxCalls
  }

  /** How its last model call, or that of a nested task, was refused or failed. Undefined if it was answered. */
  get modelFailure(): ModelFailure | undefined {
    return this.#modelFailure
  }

  modelEnded(failure: ModelFailure | undefined): void {
    for (const record of this.#lineage) record.#modelFailure = failure
  }

  /**
   * From now on, only data that is written to the caller is a sign, because tokens of a model may not reach the caller.
   */
  showSignsByResponse(): void {
    this.#signsBy = 'response'
  }

  /** Whether its abort ended a call that its own caller had not aborted. */
  get hasLostCalls(): boolean {
    return this.#hasLostCalls
  }

  /** The abort of the task ended a call, and nothing else did. */
  callLost(): void {
    for (const record of this.#lineage) record.#hasLostCalls = true
  }

  /** Records the first sign to the caller of the outermost task. */
  sign(by: 'model' | 'response'): void {
    const { outermost } = this
    if (outermost.#signsBy === by) outermost.#signAtMs ??= outermost.#patience.epochMs()
  }

  /** Whether the caller of the outermost task has waited for a first sign for longer than the latency objective. */
  get hasKeptWaiting(): boolean {
    const { outermost } = this
    const { latencyObjectiveMs, epochMs } = outermost.#patience
    return (outermost.#signAtMs ?? epochMs()) - outermost.#startedAtMs > latencyObjectiveMs
  }

  get outermost(): TaskRecord {
    return this.#parent?.outermost ?? this
  }
}

/** The current counts, which only the record can change. */
class LiveTotals {
  readonly #counts: Counts

  constructor(counts: Counts) {
    this.#counts = counts
    Object.freeze(Object.defineProperties(this, LiveTotals.#members))
  }

  // All instances share the getters. With getters of its own, each would have its own hidden class, and cost more than
  // its task.
  static readonly #members: PropertyDescriptorMap = {
    ...Object.fromEntries(COUNTED.map((name) => [name, LiveTotals.#live((counts) => counts[name])])),
    costUsd: LiveTotals.#live(({ costNanos }) => usdFromNanos(costNanos)),
    unknownUsd: LiveTotals.#live(({ unknownNanos }) => usdFromNanos(unknownNanos)),
  }

  static #live(read: (counts: Counts) => number): PropertyDescriptor & ThisType<LiveTotals> {
    return {
      enumerable: true,
      get() {
        return read(this.#counts)
      },
    }
  }
}

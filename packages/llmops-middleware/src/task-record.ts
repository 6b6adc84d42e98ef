import { AsyncLocalStorage } from 'node:async_hooks'
import type { UnknownEffect } from './deadline-exceeded-error.ts'
import type { Evaluation } from './evaluation.ts'
import type { FailureClass, ModelFailure } from './failure-class.ts'
import type { TaskBudget, TaskBudgetState, TaskBudgets } from './task-budget.ts'
import { type Nanos, type Usd, usdFromNanos, ZERO } from './usd.ts'

/** What happened so far in a task and in the tasks nested in it. */
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
  /** What all of it cost, in nano-USD. */
  costNanos: Nanos
  /** The part of the cost that is charged without being known. */
  unknownNanos: Nanos
  /** How often a model was asked to repair arguments. */
  repairs: number
  /** Tool calls that a fallback answered. */
  fallbacks: number
  /** Model calls that went to a cheaper model. */
  downshifts: number
  /** Model calls whose output cap the budget cut. */
  clamps: number
  /** Repeated attempts, which all calls of the outermost task share an allowance of. */
  retries: number
  /** Model calls that began when the task had ended. */
  lateCalls: number
}

type TaskLimits = { readonly maxRetries?: number; readonly maxCalls?: number }

/** How long a task may keep its caller waiting without a sign, and the clock that it is measured with. */
export type Patience = { readonly latencyObjectiveMs: number; readonly epochMs: () => number }

/** The limit that a tool call would pass. */
export type CallLimit = { readonly limitOf: 'tool' | 'task'; readonly maxCalls: number }

/** The records of the tasks that are wrapping up where this runs. */
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

/** What the layers write down of a task. Whoever holds the task reads the totals and cannot change them. */
export class TaskRecord {
  readonly #parent: TaskRecord | undefined
  readonly #budgets: TaskBudgets | undefined
  /** From this one out to the outermost. */
  readonly #lineage: readonly TaskRecord[]
  readonly #maxRetries: number
  readonly #maxCalls: number
  #toolCalls = 0
  #openEffects: Set<UnknownEffect> | undefined
  /** What its function threw, or why it was ended. */
  error: unknown
  /** `gen_ai.provider.name` of the first model that it called. */
  provider: string | undefined
  /** Told of what somebody thought of its answer; of the outermost task alone. */
  onEvaluation: ((evaluation: Evaluation, conversationId: string | undefined) => void) | undefined
  /** By the name of the tool. */
  #callsOf: Map<string, number> | undefined
  readonly #counts: Counts = { ...NOTHING }
  #totals: TaskTotals | undefined
  /** Of the failure that the task was classified with. */
  failureClass: FailureClass = 'agent'
  #modelFailure: ModelFailure | undefined
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

  /** What pays here and now: its own, or that of the nearest task around it that has one. */
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

  /** Runs what may spend the reserve. */
  wrapUp<T>(run: () => T): T {
    return wrappingUp.run([...(wrappingUp.getStore() ?? []), this], run)
  }

  /** Follows what happens: a stream may end after its task. */
  get totals(): TaskTotals {
    this.#totals ??= new LiveTotals(this.#counts) as unknown as TaskTotals
    return this.#totals
  }

  /** The totals of the moment, for code that reads them once: the object that follows them costs more than a small task. */
  get totalsNow(): TaskTotals {
    const { costNanos, unknownNanos } = this.#counts
    return { ...this.#counts, costUsd: usdFromNanos(costNanos), unknownUsd: usdFromNanos(unknownNanos) }
  }

  /** Adds to the totals of this task and of those it is nested in. */
  count(total: keyof Counts, amount = 1): void {
    // Sums of whole nano-USD are whole, so one addition serves counts and money.
    this.#counts[total] = (this.#counts[total] + amount) as Nanos
    this.#parent?.count(total, amount)
  }

  /** The tool calls with an effect that are under way. */
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

  /** Takes one repetition from the allowance that all calls of the outermost task share. */
  takeRetry(): boolean {
    const { outermost } = this
    if (outermost.#counts.retries >= outermost.#maxRetries) return false
    this.count('retries')
    return true
  }

  /**
   * Counts a tool call in this task and in those it is nested in.
   *
   * @param maxOfTool how often the outermost task may call this tool.
   * @returns the limit that is used up, when it was not counted.
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

  /** How its last model call, or that of a task nested in it, was refused or failed; undefined where that was answered. */
  get modelFailure(): ModelFailure | undefined {
    return this.#modelFailure
  }

  modelEnded(failure: ModelFailure | undefined): void {
    for (const record of this.#lineage) record.#modelFailure = failure
  }

  /** From now on only what is written to the caller is a sign: what a model says may go no further. */
  showSignsByResponse(): void {
    this.#signsBy = 'response'
  }

  /** The caller of the outermost task hears the first of its answer. */
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

/** The counts of the moment, which only the record itself can change. */
class LiveTotals {
  readonly #counts: Counts

  constructor(counts: Counts) {
    this.#counts = counts
    Object.freeze(Object.defineProperties(this, LiveTotals.#members))
  }

  // The same getters for all of them: with getters of its own, each had a shape of its own, and took longer than its task.
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

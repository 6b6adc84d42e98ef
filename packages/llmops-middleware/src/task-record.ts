import type { TaskBudget } from './task-budget.ts'
import { type Nanos, type Usd, usdFromNanos, ZERO } from './usd.ts'

/** What happened so far in a task and in the tasks nested in it. */
export type TaskTotals = Readonly<Counts> & {
  /** `costNanos` in US dollars. */
  readonly costUsd: Usd
}

type Counts = {
  modelCalls: number
  toolCalls: number
  inputTokens: number
  outputTokens: number
  costNanos: Nanos
  repairs: number
  fallbacks: number
  downshifts: number
  /** Model calls whose output cap the budget cut. */
  clamps: number
  retries: number
}

/** What the layers write down of a task. Whoever holds the task reads the totals and cannot change them. */
export class TaskRecord {
  /** Its own, or that of the nearest task around it that has one. */
  readonly budget: TaskBudget | undefined
  readonly #parent: TaskRecord | undefined
  readonly #maxRetries: number
  readonly #counts: Counts = {
    modelCalls: 0,
    toolCalls: 0,
    inputTokens: 0,
    outputTokens: 0,
    costNanos: ZERO,
    repairs: 0,
    fallbacks: 0,
    downshifts: 0,
    clamps: 0,
    retries: 0,
  }

  #totals: TaskTotals | undefined

  constructor(parent: TaskRecord | undefined, maxRetries: number, budget?: TaskBudget) {
    this.budget = budget ?? parent?.budget
    this.#parent = parent
    this.#maxRetries = maxRetries
  }

  /** Follows what happens: a stream may end after its task. */
  get totals(): TaskTotals {
    this.#totals ??= viewOf(this.#counts)
    return this.#totals
  }

  /** Adds to the totals of this task and of those it is nested in. */
  count(total: keyof Counts, amount = 1): void {
    // Sums of whole nano-USD are whole, so one addition serves counts and money.
    this.#counts[total] = (this.#counts[total] + amount) as Nanos
    this.#parent?.count(total, amount)
  }

  /** Takes one repetition from the allowance that all calls of the outermost task share. */
  takeRetry(): boolean {
    const { outermost } = this
    if (outermost.#counts.retries >= outermost.#maxRetries) return false
    this.count('retries')
    return true
  }

  get outermost(): TaskRecord {
    return this.#parent?.outermost ?? this
  }
}

/** The counts of the moment, which only the record itself can change. */
function viewOf(counts: Counts): TaskTotals {
  const members = (Object.keys(counts) as (keyof Counts)[]).map((name) => [name, live(() => counts[name])])
  const view = { ...Object.fromEntries(members), costUsd: live(() => usdFromNanos(counts.costNanos)) }
  return Object.freeze(Object.defineProperties({}, view)) as TaskTotals
}

const live = (get: () => number): PropertyDescriptor => ({ enumerable: true, get })

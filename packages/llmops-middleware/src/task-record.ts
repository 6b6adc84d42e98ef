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

type TaskLimits = { readonly maxRetries?: number; readonly maxCalls?: number }

/** The limit that a tool call would pass. */
export type CallLimit = { readonly limitOf: 'tool' | 'task'; readonly maxCalls: number }

/** What the layers write down of a task. Whoever holds the task reads the totals and cannot change them. */
export class TaskRecord {
  /** Its own, or that of the nearest task around it that has one. */
  readonly budget: TaskBudget | undefined
  readonly #parent: TaskRecord | undefined
  /** From this one out to the outermost. */
  readonly #lineage: readonly TaskRecord[]
  readonly #maxRetries: number
  readonly #maxCalls: number
  #toolCalls = 0
  /** By the name of the tool. */
  #callsOf: Map<string, number> | undefined
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

  constructor(parent: TaskRecord | undefined, limits: TaskLimits, budget?: TaskBudget) {
    const { maxRetries = 3, maxCalls = Number.POSITIVE_INFINITY } = limits
    this.budget = budget ?? parent?.budget
    this.#parent = parent
    this.#lineage = [this, ...(parent ? parent.#lineage : [])]
    this.#maxRetries = maxRetries
    this.#maxCalls = maxCalls
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

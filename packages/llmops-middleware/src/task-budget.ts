import { type Nanos, nanosFromUsd, type Usd, usdFromNanos, ZERO } from './usd.ts'

/** The budget of a task and of the tasks nested in it. */
export type TaskBudgetState = {
  /** What the task may spend, in US dollars. */
  readonly limitUsd: Usd
  /** What it has spent, in US dollars. */
  readonly spentUsd: Usd
  /** The worst case of running calls, in US dollars. */
  readonly heldUsd: Usd
  /**
   * The most that a call may still hold, in US dollars, without the reserve. It is less if the outer task has less
   * left.
   */
  readonly leftUsd: Usd
}

export type TaskBudgetOptions = {
  /** The name in its refusals: `task:3f2a…`. */
  readonly scope: string
  readonly limitUsd: Usd
  /** Called once when `at` of the limit is spent. */
  readonly notice?: { readonly at: number; readonly tell: (state: TaskBudgetState) => void } | undefined
}

/** `working` is for all calls of a task; `whole` includes the reserve. They are the same object without a reserve. */
export type TaskBudgets = { readonly whole: TaskBudget; readonly working: TaskBudget }

/** The budget without the reserve is nested in the whole budget, so that what it spends counts there too. */
export function createTaskBudgets(
  { reserveUsd, ...options }: TaskBudgetOptions & { readonly reserveUsd: Usd },
  parent: TaskBudget | undefined,
): TaskBudgets {
  const { notice, ...limit } = options
  if (reserveUsd === 0) {
    const whole = new TaskBudget(options, parent)
    return { whole, working: whole }
  }
  const whole = new TaskBudget(limit, parent)
  const reserveNanos = nanosFromUsd(reserveUsd, 'reserveUsd')
  const working = new TaskBudget(
    { ...options, limitUsd: usdFromNanos((whole.limitNanos - reserveNanos) as Nanos) },
    whole,
  )
  return { whole, working }
}

/**
 * What a task and the tasks nested in it may spend together. It is in this process, so that a call is held or refused
 * at once. Amounts count in the outer tasks too.
 */
export class TaskBudget {
  readonly scope: string
  readonly limitNanos: Nanos
  readonly #parent: TaskBudget | undefined
  readonly #notice: TaskBudgetOptions['notice']
  #spentNanos = ZERO
  #heldNanos = ZERO
  #isNoticed = false

  constructor({ scope, limitUsd, notice }: TaskBudgetOptions, parent?: TaskBudget) {
    this.scope = scope
    this.limitNanos = nanosFromUsd(limitUsd, 'budgetUsd')
    this.#notice = notice
    this.#parent = parent
  }

  get spentNanos(): Nanos {
    return this.#spentNanos
  }

  get heldNanos(): Nanos {
    return this.#heldNanos
  }

  /** Below 0 if a call cost more than its hold. */
  get leftNanos(): number {
    return this.limitNanos - this.#spentNanos - this.#heldNanos
  }

  get state(): TaskBudgetState {
    const leftNanos = Math.max(0, this.tightest().leftNanos) as Nanos
    return {
      limitUsd: usdFromNanos(this.limitNanos),
      spentUsd: usdFromNanos(this.#spentNanos),
      heldUsd: usdFromNanos(this.#heldNanos),
      leftUsd: usdFromNanos(leftNanos),
    }
  }

  /** Returns the budget with the least left, of this one and the outer ones. What it can pay, all can pay. */
  tightest(leftOf: (budget: TaskBudget) => number = ({ leftNanos }) => leftNanos): TaskBudget {
    const outer = this.#parent?.tightest(leftOf)
    return outer !== undefined && leftOf(outer) < leftOf(this) ? outer : this
  }

  /** Holds an amount here and in the outer budgets, or nowhere. An amount of 0 always fits. */
  hold(amount: Nanos): boolean {
    if (amount > 0 && amount > this.tightest().leftNanos) return false
    this.#add(amount, ZERO)
    return true
  }

  /** Replaces a hold by the cost. */
  settle(held: Nanos, cost: Nanos): void {
    this.#add(-held as Nanos, cost)
    this.#tell()
  }

  /** Adds a cost without a hold. */
  charge(cost: Nanos): void {
    this.settle(ZERO, cost)
  }

  #add(held: Nanos, spent: Nanos): void {
    this.#heldNanos = (this.#heldNanos + held) as Nanos
    this.#spentNanos = (this.#spentNanos + spent) as Nanos
    if (this.#parent) this.#parent.#add(held, spent)
  }

  #tell(): void {
    const { limitNanos } = this
    if (this.#notice && !this.#isNoticed && this.#spentNanos >= this.#notice.at * limitNanos) {
      this.#isNoticed = true
      this.#notice.tell(this.state)
    }
    if (this.#parent) this.#parent.#tell()
  }
}

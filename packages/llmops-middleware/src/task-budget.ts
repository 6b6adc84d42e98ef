import { type Nanos, nanosFromUsd, type Usd, usdFromNanos, ZERO } from './usd.ts'

/** What a task may spend and has spent, with the tasks nested in it. */
export type TaskBudgetState = {
  /** What the task may spend, in US dollars. */
  readonly limitUsd: Usd
  /** What it has spent, in US dollars. */
  readonly spentUsd: Usd
  /** The worst case of what still runs. */
  readonly heldUsd: Usd
  /** What a call could still be held for: of the task it is nested in too, if that has less; without the reserve. */
  readonly leftUsd: Usd
}

export type TaskBudgetOptions = {
  /** What its refusals name: `task:3f2a…`. */
  readonly scope: string
  readonly limitUsd: Usd
  /** Called once when `at` of the limit is spent. */
  readonly notice?: { readonly at: number; readonly tell: (state: TaskBudgetState) => void } | undefined
}

/** `working` is what all of a task may spend; `whole` has its reserve too. One and the same where there is none. */
export type TaskBudgets = { readonly whole: TaskBudget; readonly working: TaskBudget }

/** The part without the reserve lies within the whole, so that what it spends is missing there too. */
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
 * What a task and the tasks nested in it may spend together: whole nano-USD in this process, so that a call is held or
 * refused at once. Whatever is held or spent counts in the tasks around it too.
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

  /** Below 0 where an answer cost more than its bound. */
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

  /** Of this and the budgets around it the one with the least left: what it can pay, all can. */
  tightest(leftOf: (budget: TaskBudget) => number = ({ leftNanos }) => leftNanos): TaskBudget {
    const outer = this.#parent?.tightest(leftOf)
    return outer !== undefined && leftOf(outer) < leftOf(this) ? outer : this
  }

  /** Holds an amount here and in the budgets around it, or nowhere. What costs nothing always fits. */
  hold(amount: Nanos): boolean {
    if (amount > 0 && amount > this.tightest().leftNanos) return false
    this.#add(amount, ZERO)
    return true
  }

  /** Turns what was held into what it cost. */
  settle(held: Nanos, cost: Nanos): void {
    this.#add(-held as Nanos, cost)
    this.#tell()
  }

  /** Counts what was spent already. */
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

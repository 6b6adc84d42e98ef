import type { ModelLayer } from '../model/index.ts'
import type { RateCard } from '../pricing/index.ts'
import type { Seen } from '../seen.ts'
import type { Sli } from '../sli/index.ts'
import { realTiming } from '../timing.ts'
import type { PayFor } from '../tool/index.ts'
import { type BudgetBreaker, budgetOf } from './breaker.ts'
import type { BudgetAccountSli } from './budget.ts'
import { budgetLayer } from './layer.ts'
import { readBudgetOptions } from './options.ts'
import { taskBudgetLayer } from './task-budget-layer.ts'
import type { TaskBudgetParts } from './task-call-budget.ts'
import { toolPayments } from './tool-payments.ts'
import { WaitQueues } from './wait-queue.ts'

export type Payers = {
  readonly rateCard: RateCard
  readonly breaker: BudgetBreaker | undefined
  readonly sli: Sli
  /** Records notices and charges. @default `sli` */
  readonly accounts?: BudgetAccountSli
  readonly defaultTenant: string | undefined
}

/** Creates the layers that pay for model calls, and the payment for tools: first the task's budget, then the tenant's. */
export function createPayments({ rateCard, breaker, sli, accounts = sli, defaultTenant }: Payers): {
  readonly modelLayers: readonly ModelLayer[]
  readonly payFor: PayFor
  /** The input sizes that the processes on the ledger have seen, if the ledger shares them. */
  readonly seen: Seen | undefined
} {
  const budget = breaker && budgetOf(breaker)
  if (budget) budget.sli = accounts
  // The budget of a task uses the settings of the tenants' budget, if there is one.
  const settings = budget?.settings ?? readBudgetOptions({ limitUsd: 0 })
  const taskBudgetParts: TaskBudgetParts = { rateCard, settings, queues: new WaitQueues(realTiming.after) }
  const ofTasks = taskBudgetLayer(taskBudgetParts, sli)
  return {
    modelLayers: breaker ? [ofTasks, budgetLayer(breaker, sli)] : [ofTasks],
    seen: budget?.seen,
    payFor: toolPayments({ taskBudgetParts, budget, accounts, defaultTenant }),
  }
}

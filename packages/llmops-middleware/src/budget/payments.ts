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
import type { PurseParts } from './task-purse.ts'
import { toolPayments } from './tool-payments.ts'
import { WaitingLines } from './waiting-line.ts'

export type Payers = {
  readonly rateCard: RateCard
  readonly breaker: BudgetBreaker | undefined
  readonly sli: Sli
  /** Hears of notices and charges. Default: `sli` */
  readonly accounts?: BudgetAccountSli
  readonly defaultTenant: string | undefined
}

/** What calls are paid by: the budget of each task, then that of the tenants, which tells `sli` of its accounts too. */
export function createPayments({ rateCard, breaker, sli, accounts = sli, defaultTenant }: Payers): {
  readonly modelLayers: readonly ModelLayer[]
  readonly payFor: PayFor
  /** What the processes on the ledger have seen, where it keeps that. */
  readonly seen: Seen | undefined
} {
  const budget = breaker && budgetOf(breaker)
  if (budget) budget.sli = accounts
  // The rules of a task are those of the tenants' budget, where there is one.
  const settings = budget?.settings ?? readBudgetOptions({ limitUsd: 0 })
  const purse: PurseParts = { rateCard, settings, lines: new WaitingLines(realTiming.after) }
  const ofTasks = taskBudgetLayer(purse, sli)
  return {
    modelLayers: breaker ? [ofTasks, budgetLayer(breaker, sli)] : [ofTasks],
    seen: budget?.seen,
    payFor: toolPayments({ purse, budget, accounts, defaultTenant }),
  }
}

import type { ModelLayer } from '../model/index.ts'
import type { RateCard } from '../pricing/index.ts'
import { recordOf } from '../task.ts'
import { realTiming } from '../timing.ts'
import { type BudgetBreaker, budgetOf } from './breaker.ts'
import { type BudgetSli, layerOf } from './layer.ts'
import { readBudgetOptions } from './options.ts'
import { type TaskAdmission, TaskPurse } from './task-purse.ts'
import { WaitingLines } from './waiting-line.ts'

/**
 * Holds the worst case of each attempt against the `budgetUsd` of its task, and of those around it, before any ledger is
 * asked. Calls of other tasks pass through. The rules are those of the tenants' budget, where there is one.
 */
export function taskBudgetLayer(rateCard: RateCard, breaker: BudgetBreaker | undefined, sli?: BudgetSli): ModelLayer {
  const settings = breaker ? budgetOf(breaker).settings : readBudgetOptions({ limitUsd: 0 })
  const parts = { rateCard, settings, lines: new WaitingLines<TaskAdmission>(realTiming.after) }
  return (call, next) => {
    const budget = recordOf(call.task)?.budget
    return budget === undefined ? next(call) : layerOf(new TaskPurse(budget, parts), sli)(call, next)
  }
}

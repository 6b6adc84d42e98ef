import type { ModelLayer } from '../model/index.ts'
import type { RateCard } from '../pricing/index.ts'
import type { Sli } from '../sli/index.ts'
import { type BudgetBreaker, budgetOf } from './breaker.ts'
import { budgetLayer } from './layer.ts'
import { taskBudgetLayer } from './task-budget-layer.ts'

/** What `createLlmOps` pays by: the budget of each task, then that of the tenants, which tells `sli` of its accounts too. */
export function budgetLayers(rateCard: RateCard, breaker: BudgetBreaker | undefined, sli: Sli): readonly ModelLayer[] {
  const ofTasks = taskBudgetLayer(rateCard, breaker, sli)
  if (breaker === undefined) return [ofTasks]
  budgetOf(breaker).sli = sli
  return [ofTasks, budgetLayer(breaker, sli)]
}

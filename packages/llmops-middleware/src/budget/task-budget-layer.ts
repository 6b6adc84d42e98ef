import type { ModelLayer } from '../model/index.ts'
import { recordOf } from '../task.ts'
import { type BudgetSli, layerOf } from './layer.ts'
import { type TaskBudgetParts, TaskCallBudget } from './task-call-budget.ts'

/**
 * Holds the worst case of each attempt against the `budgetUsd` of its task and of the outer tasks, before the ledger is
 * asked. Calls of tasks without a budget pass through.
 */
export function taskBudgetLayer(parts: TaskBudgetParts, sli?: BudgetSli): ModelLayer {
  return (call, next) => {
    const budget = recordOf(call.task)?.budget
    return budget === undefined ? next(call) : layerOf(new TaskCallBudget(budget, parts), sli)(call, next)
  }
}

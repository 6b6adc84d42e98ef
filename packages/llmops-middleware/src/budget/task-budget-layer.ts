import type { ModelLayer } from '../model/index.ts'
import { recordOf } from '../task.ts'
import { type BudgetSli, layerOf } from './layer.ts'
import { type PurseParts, TaskPurse } from './task-purse.ts'

/**
 * Holds the worst case of each attempt against the `budgetUsd` of its task, and of those around it, before any ledger is
 * asked. Calls of other tasks pass through.
 */
export function taskBudgetLayer(parts: PurseParts, sli?: BudgetSli): ModelLayer {
  return (call, next) => {
    const budget = recordOf(call.task)?.budget
    return budget === undefined ? next(call) : layerOf(new TaskPurse(budget, parts), sli)(call, next)
  }
}

import type { BudgetRefusal } from '../budget-refusal.ts'
import { LlmOpsError } from '../errors.ts'
import { explainRefusal, type Refusal, type TaskRefusal } from './refusal.ts'

/** Thrown when a tool was not run because an account of its payer cannot pay its `costUsd`. */
export class BudgetExceededError extends LlmOpsError {
  static override readonly name = 'BudgetExceededError'
  static readonly code = 'budget_exceeded'
  readonly code = BudgetExceededError.code
  /** The refusal of the budget. */
  readonly refusal: BudgetRefusal

  constructor(tool: string, refusal: Refusal) {
    super(`Tool '${tool}' was not run. ${explainRefusal(refusal)}`)
    this.refusal = factsOf(refusal, this.code)
  }
}

/** Thrown when a tool was not run because the `budgetUsd` of its task, or of an outer task, cannot pay its `costUsd`. */
export class RunBudgetExceededError extends LlmOpsError {
  static override readonly name = 'RunBudgetExceededError'
  static readonly code = 'run_budget_exceeded'
  readonly code = RunBudgetExceededError.code
  /** The refusal of the task's budget. */
  readonly refusal: BudgetRefusal

  constructor(tool: string, refusal: TaskRefusal) {
    super(`Tool '${tool}' was not run. ${explainRefusal(refusal)}`)
    this.refusal = factsOf(refusal, this.code)
  }
}

function factsOf(refusal: Refusal | TaskRefusal, code: BudgetRefusal['code']): BudgetRefusal {
  const { scope, reason, neededUsd, leftUsd, limitUsd, resetsAt } = refusal
  return { code, scope, reason, neededUsd, leftUsd, limitUsd, resetsAt }
}

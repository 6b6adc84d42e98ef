import { LlmOpsError } from './errors.ts'
import { errorsInside } from './errors-inside.ts'
import { readSafely } from './read-safely.ts'
import type { Usd } from './usd.ts'

/**
 * - `spent`: the limit is reached
 * - `held`: open calls hold what the call needs, and may release it
 * - `does_not_fit`: less is left than the call needs
 * - `zero`: the limit is $0
 * - `not_listed`: the limits are by name, and there is none for this name or `'*'`
 */
export type RefusalReason = 'spent' | 'held' | 'does_not_fit' | 'zero' | 'not_listed'

/** The refusal of a budget, as read from an SDK's error. */
export type BudgetRefusal = {
  /** `run_budget_exceeded` if the `budgetUsd` of a task was exceeded. */
  readonly code: 'budget_exceeded' | 'run_budget_exceeded'
  /** The account or task that refused: `tenant:contoso`, `task:3f2a…`. */
  readonly scope: string
  /** Why the call was refused. */
  readonly reason: RefusalReason
  /** The smallest hold for the call, in US dollars. */
  readonly neededUsd: Usd
  /** What the account had left, in US dollars. */
  readonly leftUsd: Usd
  /** The limit of the account, in US dollars. */
  readonly limitUsd: Usd
  /** When the account starts a new period. Undefined for a task, whose budget never resets. */
  readonly resetsAt: Date | undefined
}

/**
 * Returns the refusal of a budget from the error of an SDK: OpenAI, Anthropic, the AI SDK (inside its RetryError too),
 * Google, OpenAI Agents or LangChain. It is also found in causes, such as those of a `RepairFailedError` or of your own
 * errors. Undefined for every other error.
 *
 * @param error what an SDK threw
 * @example
 * const refusal = budgetRefusalOf(error)
 * if (refusal) show(`${refusal.scope} has $${refusal.leftUsd} left until ${refusal.resetsAt}`)
 */
export function budgetRefusalOf(error: unknown): BudgetRefusal | undefined {
  return refusalIn(error)
}

function refusalOf(body: RefusalBody): BudgetRefusal {
  const { code, scope, reason, needed_usd, left_usd, limit_usd, resets_at } = body
  const resetsAt = resets_at === undefined ? undefined : new Date(resets_at)
  return { code, scope, reason, neededUsd: needed_usd, leftUsd: left_usd, limitUsd: limit_usd, resetsAt }
}

/**
 * Whether an error of any SDK is the refusal of a budget: of a tenant or another scope, or of the task itself.
 *
 * @param error what an SDK threw
 */
export function isBudgetExceeded(error: unknown): boolean {
  return refusalIn(error) !== undefined
}

/** The `error` in the body of the 402. */
type RefusalBody = {
  readonly code: BudgetRefusal['code']
  readonly scope: string
  readonly reason: RefusalReason
  readonly needed_usd: Usd
  readonly left_usd: Usd
  readonly limit_usd: Usd
  readonly resets_at?: string
}

/** Returns the outermost refusal. */
function refusalIn(thrown: unknown): BudgetRefusal | undefined {
  for (const value of errorsInside(thrown)) {
    if (isRefusal(value)) return refusalOf(value)
    if (isOwnError(value)) return value.refusal
  }
  return undefined
}

function isRefusal(value: object): value is RefusalBody {
  const code = readSafely(value, 'code')
  if (code !== 'budget_exceeded' && code !== 'run_budget_exceeded') return false
  return typeof readSafely(value, 'scope') === 'string' && typeof readSafely(value, 'needed_usd') === 'number'
}

/** Whether it is the error of a tool that cannot be paid, from any copy of the package. */
function isOwnError(value: object): value is { readonly refusal: BudgetRefusal } {
  return LlmOpsError.isInstance(value) && 'refusal' in value
}

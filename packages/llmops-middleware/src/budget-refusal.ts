import { LlmOpsError } from './errors.ts'
import { errorsInside } from './errors-inside.ts'
import { readSafely } from './read-safely.ts'
import type { Usd } from './usd.ts'

/**
 * - `spent`: the limit is reached
 * - `held`: open calls hold what the call needs, and may give it back
 * - `does_not_fit`: something is left, but less than the call needs
 * - `zero`: the limit is $0
 * - `not_listed`: the limits are by name, and have neither this name nor `'*'`
 */
export type RefusalReason = 'spent' | 'held' | 'does_not_fit' | 'zero' | 'not_listed'

/** What the budget said when it refused a call, as an SDK's error carries it. */
export type BudgetRefusal = {
  /** `run_budget_exceeded` when it was the `budgetUsd` of a task. */
  readonly code: 'budget_exceeded' | 'run_budget_exceeded'
  /** The account or task that refused: `tenant:contoso`, `task:3f2a…`. */
  readonly scope: string
  /** Why the call was refused. */
  readonly reason: RefusalReason
  /** The least that the call could be held for. */
  readonly neededUsd: Usd
  /** What the account had left, in US dollars. */
  readonly leftUsd: Usd
  /** The limit of the account, in US dollars. */
  readonly limitUsd: Usd
  /** When the account starts again; undefined of a task, which never does. */
  readonly resetsAt: Date | undefined
}

/**
 * Returns what the budget said, from the error that an SDK made of its answer: that of OpenAI, Anthropic, the AI SDK
 * (inside its RetryError too), Google, OpenAI Agents or LangChain, or one that has it as a cause: a `RepairFailedError`, or one of
 * your own. Undefined for every other error.
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
 * Whether an error, of whatever SDK, is the budget's refusal: of a tenant or another scope, or of the task itself.
 *
 * @param error what an SDK threw
 */
export function isBudgetExceeded(error: unknown): boolean {
  return refusalIn(error) !== undefined
}

/** The error of the 402, in the words of its wire. */
type RefusalBody = {
  readonly code: BudgetRefusal['code']
  readonly scope: string
  readonly reason: RefusalReason
  readonly needed_usd: Usd
  readonly left_usd: Usd
  readonly limit_usd: Usd
  readonly resets_at?: string
}

/** The nearest one first. */
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

/** What a tool throws that cannot be paid, whichever copy of the package made it. */
function isOwnError(value: object): value is { readonly refusal: BudgetRefusal } {
  return LlmOpsError.isInstance(value) && 'refusal' in value
}

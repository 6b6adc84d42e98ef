import type { RefusalReason } from '../budget-refusal.ts'
import type { AccountState, ReserveResult } from '../ledger/index.ts'
import { spanEvent } from '../span-event.ts'
import { formatUsd, type Nanos, type Usd, usdFromNanos } from '../usd.ts'
import { spokenName } from './account-name.ts'

export type Refusal = {
  readonly granted: false
  readonly decision: 'block'
  readonly reason: RefusalReason
  /** The account that refused: `tenant:contoso`. */
  readonly scope: string
  /** The least that the call could be held for, on the model that was tried last. */
  readonly neededUsd: Usd
  /** Of the limit, with what is spent and held taken off. */
  readonly leftUsd: Usd
  readonly spentUsd: Usd
  readonly heldUsd: Usd
  readonly limitUsd: Usd
  /** When the account starts again. */
  readonly resetsAt: Date
}

/** A refusal of what a task itself may spend, which never starts again. */
export type TaskRefusal = Omit<Refusal, 'resetsAt'> & { readonly resetsAt: undefined }

/**
 * A ledger's refusal in the words of the budget: by the account that refused.
 *
 * @param neededNanos the least that the call could be held for
 * @param isListed whether the limits have a word for an account, if only one for all others
 */
export function refusalOf(
  result: ReserveResult & { granted: false },
  neededNanos: Nanos,
  isListed: (account: string) => boolean,
): Refusal {
  const state = result.accounts[result.refusedBy]!
  const { account, spentNanos, heldNanos, limitNanos, resetsAtMs } = state
  const leftNanos = Math.max(0, limitNanos - spentNanos - heldNanos) as Nanos
  return {
    granted: false,
    decision: 'block',
    reason: result.reason === 'held' ? 'held' : reasonOf(state, isListed),
    scope: spokenName(account),
    neededUsd: usdFromNanos(neededNanos),
    leftUsd: usdFromNanos(leftNanos),
    spentUsd: usdFromNanos(spentNanos),
    heldUsd: usdFromNanos(heldNanos),
    limitUsd: usdFromNanos(limitNanos),
    resetsAt: new Date(resetsAtMs),
  }
}

/** Why no other call's end can help. */
function reasonOf(
  { account, spentNanos, limitNanos }: AccountState,
  isListed: (account: string) => boolean,
): Refusal['reason'] {
  if (limitNanos === 0) return isListed(account) ? 'zero' : 'not_listed'
  return spentNanos >= limitNanos ? 'spent' : 'does_not_fit'
}

/** Shows a refusal on the span of the call that was refused. */
export function tellRefusal({ scope, reason, resetsAt }: Refusal | TaskRefusal): void {
  const code = resetsAt ? 'budget_exceeded' : 'run_budget_exceeded'
  spanEvent('agent.budget.refusal', { 'error.type': code, 'agent.budget.scope': scope, 'agent.budget.reason': reason })
}

/** What a refusal says to people: what the call needs, what there is, and what could help. */
export function explainRefusal(refusal: Refusal | TaskRefusal): string {
  const { reason, scope } = refusal
  const needed = formatUsd(refusal.neededUsd)
  const left = formatUsd(refusal.leftUsd)
  const limit = formatUsd(refusal.limitUsd)
  const needs = `This call needs at least ${needed}`
  const resets = refusal.resetsAt
    ? `It resets at ${refusal.resetsAt.toISOString()}.`
    : `Nothing is added to it: end with what there is, or give the task a higher \`budgetUsd\`.`
  switch (reason) {
    case 'not_listed':
      return `The limits have no word for ${scope}: it is not listed, and there is no '*' for all others. ${needs}.`
    case 'zero':
      return `The limit of ${scope} is $0. ${needs}.`
    case 'spent':
      return `The budget of ${scope} is spent: ${formatUsd(refusal.spentUsd)} of ${limit}. ${needs}. ${resets}`
    case 'held':
      return `Calls that still run hold ${formatUsd(refusal.heldUsd)} of ${limit} of the budget of ${scope}, and ${left} is left. ${needs}; try again soon.`
    case 'does_not_fit': {
      const never = `That is more than the whole limit: only a smaller call or a higher limit helps.`
      const help = refusal.neededUsd > refusal.limitUsd ? never : resets
      return `This call does not fit into the budget of ${scope}: it needs at least ${needed}, and ${left} of ${limit} is left. ${help}`
    }
  }
}

import type { RefusalReason } from '../budget-refusal.ts'
import type { AccountState, ReserveResult } from '../ledger/index.ts'
import { spanEvent } from '../span-event.ts'
import { formatUsd, type Nanos, type Usd, usdFromNanos } from '../usd.ts'
import { nameInMessages } from './account-name.ts'

/** The refusal of a call by a budget. */
export type Refusal = {
  /** Always false. */
  readonly granted: false
  /** Always `block`. */
  readonly decision: 'block'
  /** Why the call was refused. */
  readonly reason: RefusalReason
  /** The account that cannot pay: `tenant:contoso`. */
  readonly scope: string
  /** The smallest possible hold of the call, on the model that was tried last. */
  readonly neededUsd: Usd
  /** The limit minus what is spent and held. */
  readonly leftUsd: Usd
  /** What the account has spent, in US dollars. */
  readonly spentUsd: Usd
  /** What its calls hold, in US dollars. */
  readonly heldUsd: Usd
  /** Its limit, in US dollars. */
  readonly limitUsd: Usd
  /** When the next period of the account starts. */
  readonly resetsAt: Date
}

/** A refusal by the budget of a task, which never resets. */
export type TaskRefusal = Omit<Refusal, 'resetsAt'> & { readonly resetsAt: undefined }

/**
 * Converts a ledger's refusal into a refusal by the account that cannot pay.
 *
 * @param neededNanos the smallest possible hold of the call
 * @param isListed whether the limits contain an account, by its own name or by `'*'`
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
    scope: nameInMessages(account),
    neededUsd: usdFromNanos(neededNanos),
    leftUsd: usdFromNanos(leftNanos),
    spentUsd: usdFromNanos(spentNanos),
    heldUsd: usdFromNanos(heldNanos),
    limitUsd: usdFromNanos(limitNanos),
    resetsAt: new Date(resetsAtMs),
  }
}

/** Returns the reason of a refusal that no end of another call can change. */
function reasonOf(
  { account, spentNanos, limitNanos }: AccountState,
  isListed: (account: string) => boolean,
): Refusal['reason'] {
  if (limitNanos === 0) return isListed(account) ? 'zero' : 'not_listed'
  return spentNanos >= limitNanos ? 'spent' : 'does_not_fit'
}

/** Adds a refusal as an event to the span of the refused call. */
export function addRefusalEvent({ scope, reason, resetsAt }: Refusal | TaskRefusal): void {
  const code = resetsAt ? 'budget_exceeded' : 'run_budget_exceeded'
  spanEvent('agent.budget.refusal', { 'error.type': code, 'agent.budget.scope': scope, 'agent.budget.reason': reason })
}

/** Returns the message of a refusal: what the call needs, what is left, and what to do. */
export function explainRefusal(refusal: Refusal | TaskRefusal): string {
  const { reason, scope } = refusal
  const needed = formatUsd(refusal.neededUsd)
  const left = formatUsd(refusal.leftUsd)
  const limit = formatUsd(refusal.limitUsd)
  const needs = `This call needs at least ${needed}`
  const resets = refusal.resetsAt
    ? `It resets at ${refusal.resetsAt.toISOString()}.`
    : `It does not reset: finish with what is left, or set a higher \`budgetUsd\` for the task.`
  switch (reason) {
    case 'not_listed':
      return `${scope} is not listed in the limits, and there is no '*' for all others. Add one of the two to \`limitUsd\`. ${needs}.`
    case 'zero':
      return `The limit of ${scope} is $0. ${needs}: only a higher limit helps.`
    case 'spent':
      return `The budget of ${scope} is spent: ${formatUsd(refusal.spentUsd)} of ${limit}. ${needs}. ${resets}`
    case 'held':
      return `Open calls hold ${formatUsd(refusal.heldUsd)} of ${limit} of the budget of ${scope}, and ${left} is left. ${needs}; retry when they have ended.`
    case 'does_not_fit': {
      const never = `That is more than the whole limit: only a smaller call or a higher limit helps.`
      const help = refusal.neededUsd > refusal.limitUsd ? never : resets
      return `This call does not fit into the budget of ${scope}: it needs at least ${needed}, and ${left} of ${limit} is left. ${help}`
    }
  }
}

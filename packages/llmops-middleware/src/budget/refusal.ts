import type { ReserveResult } from '../ledger/index.ts'
import { usdFromNanos } from '../usd.ts'
import type { Refusal } from './admission.ts'

/** A ledger's refusal in the words of the budget: by the account that refused. */
export function refusalOf(result: ReserveResult & { granted: false }): Refusal {
  const { account, spentNanos, heldNanos, limitNanos, resetsAtMs } = result.accounts[result.refusedBy]!
  return {
    granted: false,
    decision: 'block',
    reason: result.reason,
    scope: account,
    spentUsd: usdFromNanos(spentNanos),
    heldUsd: usdFromNanos(heldNanos),
    limitUsd: usdFromNanos(limitNanos),
    resetsAt: new Date(resetsAtMs),
  }
}

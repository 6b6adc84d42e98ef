import { InvalidOptionError } from '../errors.ts'
import type { Sli } from '../sli/index.ts'
import { recordOf } from '../task.ts'
import type { PayFor, Payment } from '../tool/index.ts'
import { type Nanos, usdFromNanos, ZERO } from '../usd.ts'
import type { Budget } from './budget.ts'
import { BudgetExceededError, RunBudgetExceededError } from './budget-exceeded-error.ts'
import { tellRefusal } from './refusal.ts'
import type { OpenReservation } from './reservation.ts'
import { type PurseParts, TaskPurse } from './task-purse.ts'

export type ToolPaymentParts = {
  readonly purse: PurseParts
  readonly budget: Budget | undefined
  readonly accounts: Pick<Sli, 'charged'>
  readonly defaultTenant: string | undefined
}

/** Holds what a tool can cost as a model call is held: at its task and those around it, then at its tenant. */
export function toolPayments({ purse, budget, accounts, defaultTenant }: ToolPaymentParts): PayFor {
  return async ({ tool, task, tenant = defaultTenant, signal }, mostNanos) => {
    if (tenant === undefined)
      throw new InvalidOptionError('tenant', tenant, 'a name: a tool with a cost has one who pays')
    const record = recordOf(task)
    const held: OpenReservation[] = []
    const payer = { tenant, scopes: task?.scopes, signal }
    try {
      if (record?.budget) {
        const admission = await new TaskPurse(record.budget, purse).reserveAmount(payer, mostNanos)
        if (!admission.granted) {
          tellRefusal(admission)
          throw new RunBudgetExceededError(tool, admission)
        }
        held.push(admission)
      }
      if (budget) {
        const admission = await budget.reserveAmount(payer, mostNanos)
        if (!admission.granted) {
          tellRefusal(admission)
          throw new BudgetExceededError(tool, admission)
        }
        held.push(admission)
      }
    } catch (error) {
      for (const reservation of held) void reservation.end(ZERO)
      throw error
    }
    const end = (amountNanos: Nanos, unknownNanos = ZERO) => {
      for (const reservation of held) (budget ?? UNTRACKED).track(reservation.end(amountNanos, unknownNanos))
      record?.count('costNanos', amountNanos)
      record?.count('unknownNanos', unknownNanos)
      accounts.charged(tenant, tool, usdFromNanos(amountNanos), usdFromNanos(unknownNanos))
    }
    return paymentOf(end, purse.settings.unknownOutcome === 'release' ? ZERO : mostNanos)
  }
}

/** What is held at a task alone is settled at once. */
const UNTRACKED = { track() {} }

function paymentOf(settle: (amountNanos: Nanos, unknownNanos?: Nanos) => void, unknownNanos: Nanos): Payment {
  return { settle: (costNanos) => settle(costNanos), settleUnknown: () => settle(unknownNanos, unknownNanos) }
}

import { InvalidOptionError } from '../errors.ts'
import type { Sli } from '../sli/index.ts'
import { recordOf } from '../task.ts'
import type { PayFor, Payment } from '../tool/index.ts'
import { type Nanos, usdFromNanos, ZERO } from '../usd.ts'
import type { Budget } from './budget.ts'
import { BudgetExceededError, RunBudgetExceededError } from './budget-exceeded-error.ts'
import { addRefusalEvent } from './refusal.ts'
import type { OpenReservation } from './reservation.ts'
import { type TaskBudgetParts, TaskCallBudget } from './task-call-budget.ts'

export type ToolPaymentParts = {
  readonly taskBudgetParts: TaskBudgetParts
  readonly budget: Budget | undefined
  readonly accounts: Pick<Sli, 'charged'>
  readonly defaultTenant: string | undefined
}

/** Holds the most that a tool can cost, like a model call: in the budgets of its task and outer tasks, then the tenant's. */
export function toolPayments({ taskBudgetParts, budget, accounts, defaultTenant }: ToolPaymentParts): PayFor {
  return async ({ tool, task, tenant = defaultTenant, signal }, mostNanos) => {
    if (tenant === undefined)
      throw new InvalidOptionError(
        'tenant',
        tenant,
        'a name, because the tool has a cost that a tenant must pay',
        'Call the tool inside `ops.task({ tenant })`, or set `defaultTenant`.',
      )
    const record = recordOf(task)
    const held: OpenReservation[] = []
    const payer = { tenant, scopes: task?.scopes, signal }
    try {
      if (record?.budget) {
        const admission = await new TaskCallBudget(record.budget, taskBudgetParts).reserveAmount(payer, mostNanos)
        if (!admission.granted) {
          addRefusalEvent(admission)
          throw new RunBudgetExceededError(tool, admission)
        }
        held.push(admission)
      }
      if (budget) {
        const admission = await budget.reserveAmount(payer, mostNanos)
        if (!admission.granted) {
          addRefusalEvent(admission)
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
    return paymentOf(end, taskBudgetParts.settings.unknownOutcome === 'release' ? ZERO : mostNanos)
  }
}

/** A hold of a task alone is settled synchronously. */
const UNTRACKED = { track() {} }

function paymentOf(settle: (amountNanos: Nanos, unknownNanos?: Nanos) => void, unknownNanos: Nanos): Payment {
  return { settle: (costNanos) => settle(costNanos), settleUnknown: () => settle(unknownNanos, unknownNanos) }
}

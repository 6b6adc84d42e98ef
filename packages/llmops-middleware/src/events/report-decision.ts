import type { RefusedCall, UngovernedCall } from '../model/index.ts'
import { currentTask, outermostOf } from '../task.ts'
import type { Usd } from '../usd.ts'
import type { Decision } from './event.ts'
import type { EventStream } from './event-stream.ts'
import { hiderIn } from './hide-content.ts'

/** Reports a model call that was refused before the layers. */
export function reportRefused(events: EventStream, { code, message, tenant }: RefusedCall): void {
  if (events.hasListener) events.emit(() => decision('refused', code, message, tenant), true)
}

/** Reports a request that passed without a price. */
export function reportUngoverned(events: EventStream, { host, path, tenant }: UngovernedCall): void {
  if (!events.hasListener) return
  const sentence = `POST ${host}/${path} is not governed: its cost is not in any budget.`
  events.emit(() => decision('ungoverned', 'ungoverned_request', sentence, tenant), true)
}

/** What a budget reports of its accounts. */
type Accounts = {
  budgetNoticed(tenant: string, scope: string, share: number): void
  charged(tenant: string, reason: string, usd: Usd, unknownUsd?: Usd): void
}

/** Emits events for notices and charges, and passes them on to the SLIs. */
export function reportAccounts(sli: Accounts, events: EventStream): Accounts {
  return {
    budgetNoticed(tenant, scope, share) {
      sli.budgetNoticed(tenant, scope, share)
      if (!events.hasListener) return
      const sentence = `${Math.round(share * 100)}% of the budget of ${scope} is spent.`
      events.emit(() => ({ ...decision('budget_notice', 'budget_notice', sentence, tenant), scope, share }), true)
    },
    charged(tenant, reason, usd, unknownUsd = 0) {
      sli.charged(tenant, reason, usd, unknownUsd)
      if (!events.hasListenerForEverything) return
      const sentence = `$${usd} was charged for ${reason}.`
      events.emit(() => ({ ...decision('charged', 'charged', sentence, tenant), usd, unknownUsd }), false)
    },
  }
}

function decision(kind: Decision['kind'], code: string, sentence: string, tenant: string | undefined): Decision {
  const task = currentTask()
  const taskId = outermostOf(task)?.id
  return {
    type: 'decision',
    kind,
    atMs: Date.now(),
    ...(tenant !== undefined && { tenant }),
    ...(taskId !== undefined && { taskId }),
    code,
    sentence: hiderIn(task)(sentence),
  }
}

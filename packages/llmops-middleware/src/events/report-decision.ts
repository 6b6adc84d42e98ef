import type { RefusedCall, UngovernedCall } from '../model/index.ts'
import { currentTask, outermostOf } from '../task.ts'
import type { Usd } from '../usd.ts'
import type { Decision } from './event.ts'
import type { EventStream } from './event-stream.ts'
import { hiderIn } from './hide-content.ts'

/** A model call that no layer saw. */
export function reportRefused(events: EventStream, { code, message, tenant }: RefusedCall): void {
  if (events.isHeard) events.emit(() => decision('refused', code, message, tenant), true)
}

/** A request that passed without a price. */
export function reportUngoverned(events: EventStream, { host, path, tenant }: UngovernedCall): void {
  if (!events.isHeard) return
  const sentence = `POST ${host}/${path} is not governed: what it costs is in no budget.`
  events.emit(() => decision('ungoverned', 'ungoverned_request', sentence, tenant), true)
}

/** What a budget tells of its accounts. */
type Accounts = {
  budgetNoticed(tenant: string, scope: string, share: number): void
  charged(tenant: string, reason: string, usd: Usd, unknownUsd?: Usd): void
}

/** Tells of notices and charges, beside whoever counts them. */
export function tellingAccounts(sli: Accounts, events: EventStream): Accounts {
  return {
    budgetNoticed(tenant, scope, share) {
      sli.budgetNoticed(tenant, scope, share)
      if (!events.isHeard) return
      const sentence = `${Math.round(share * 100)}% of the budget of ${scope} is spent.`
      events.emit(() => ({ ...decision('budget_notice', 'budget_notice', sentence, tenant), scope, share }), true)
    },
    charged(tenant, reason, usd, unknownUsd = 0) {
      sli.charged(tenant, reason, usd, unknownUsd)
      if (!events.isHeardWhole) return
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

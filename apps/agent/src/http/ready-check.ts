import type { LlmOps } from 'llmops-middleware'
import type { HealthRouterOptions } from 'llmops-middleware/express'
import { type Agent, runAgent } from '../agent/run-agent.ts'
import { firstLineOf, identityErrorIn } from '../model/identity-not-ready-error.ts'
import { HEALTH_TENANT } from '../tenants/who-pays.ts'
import type { Admission } from './admission.ts'
import { DrainingError } from './draining-error.ts'
import { NotReadyError } from './not-ready-error.ts'

/** Cheap, and yet everything takes part: the model twice, a tool, the budget, the agent's own judgement. */
const QUESTION = 'Where is my order ORD-1001?'

/** How long a check is good for. The default of `HEALTH_BUDGET_USD` pays for a month of them, in both slots. */
const READY_INTERVAL_MS = 15 * 60_000
const NOT_READY_INTERVAL_MS = 30_000
/** Failed checks in a row that may cost money before they become as rare as those that succeed. */
const MAX_PAID_FAILURES = 10

export type ReadyCheckOptions = {
  readonly ops: LlmOps
  readonly agent: Agent
  readonly admission: Admission
}

/**
 * A real task, end to end, paid by a budget of its own: a process that answers is not yet an agent that works. Anybody
 * may ask for it, so it is rare enough that nobody can spend that budget; what fails at no cost, such as a provider
 * that is away, is tried again soon for as long as it lasts.
 */
export function readyCheck({ ops, agent, admission }: ReadyCheckOptions): HealthRouterOptions {
  let spentBeforeUsd = 0
  let paidFailures = 0

  /** By the ledger: an attempt that was aborted is charged without its task knowing. */
  async function countPaidFailure(): Promise<void> {
    const { spentUsd } = await ops.budget.read(HEALTH_TENANT)
    paidFailures = spentUsd > spentBeforeUsd ? paidFailures + 1 : 0
    spentBeforeUsd = spentUsd
  }

  async function ready(signal: AbortSignal): Promise<void> {
    if (admission.isDraining) throw new DrainingError()
    await countPaidFailure()
    const options = { tenant: HEALTH_TENANT, deadlineMs: agent.limits.deadlineMs, signal }
    await ops.task(options, async (task) => {
      const { outcome } = await runAgent(agent, [{ role: 'user', content: QUESTION }], task)
      if (outcome.status === 'failed') throw new NotReadyError(outcome.reason)
    })
    paidFailures = 0
  }

  return {
    ready: (signal) => ready(signal).catch(explain),
    readyIntervalMs: READY_INTERVAL_MS,
    notReadyIntervalMs: () => (paidFailures < MAX_PAID_FAILURES ? NOT_READY_INTERVAL_MS : READY_INTERVAL_MS),
  }
}

/** Whoever asks gets a code only; the log of the process has the reason, for whoever may read it. */
function explain(error: unknown): never {
  const reason = identityErrorIn(error) ?? error
  console.error(`Not ready: ${firstLineOf(reason)}`)
  throw reason
}

import { errorChain } from 'llmops-middleware'
import type { HealthRouterOptions } from 'llmops-middleware/express'
import type { Admission } from '../http/admission.ts'
import { carries } from '../http/bearer.ts'
import { DrainingError } from '../http/draining-error.ts'
import type { AgentLog } from '../log/agent-log.ts'
import { firstLineOf, identityErrorIn } from '../model/identity-not-ready-error.ts'
import { HEALTH_TENANT } from '../tenants/who-pays.ts'
import { type ProbeParts, probeTask } from './probe-task.ts'
import { whatToDo } from './what-to-do.ts'

/** How long a check is good for. The default of `HEALTH_BUDGET_USD` pays for a month of them, in both slots. */
const READY_INTERVAL_MS = 15 * 60_000
const NOT_READY_INTERVAL_MS = 30_000
/** Failed checks in a row that may cost money before they become as rare as those that succeed. */
const MAX_PAID_FAILURES = 10

export type ReadyCheckOptions = ProbeParts & {
  readonly admission: Admission
  readonly log: AgentLog
  /** Who carries it gets a task of its own. */
  readonly probeToken: string | undefined
  /** What only such a probe is shown. */
  readonly details: () => Promise<object>
}

/**
 * A real task, end to end, paid by a budget of its own. Anybody may ask for it, so it is rare enough that nobody can
 * spend that budget; what fails at no cost, such as a provider that is away, is tried again soon for as long as it
 * lasts.
 */
export function readyCheck(options: ReadyCheckOptions): HealthRouterOptions {
  const { ops, admission, log, probeToken, details } = options
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
    await probeTask(options, HEALTH_TENANT, signal)
    paidFailures = 0
  }

  return {
    ready: (signal) => ready(signal).catch((error) => explain(error, log)),
    mayProbe: (request) => carries(probeToken, request),
    details,
    readyIntervalMs: READY_INTERVAL_MS,
    notReadyIntervalMs: () => (paidFailures < MAX_PAID_FAILURES ? NOT_READY_INTERVAL_MS : READY_INTERVAL_MS),
  }
}

/** Whoever asks gets a code only; the log of the process has the reason and what to do, for whoever may read it. */
function explain(error: unknown, log: AgentLog): never {
  const identity = identityErrorIn(error)
  const told = identity ?? error
  const { code, cause } = told as { code?: string; cause?: unknown }
  const { status } = (cause ?? {}) as { status?: number }
  const why = errorChain(identity ?? cause ?? error)
  log.warn(
    { event: 'not_ready', code: code ?? 'error', causes: why },
    `Not ready: ${firstLineOf(new Error(why[0]?.message ?? ''))} ${whatToDo(code, status)}`,
  )
  throw told
}

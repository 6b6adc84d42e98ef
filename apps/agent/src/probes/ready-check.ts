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

/** How long a result is reused. The default of `HEALTH_BUDGET_USD` pays for a month of these checks in both slots. */
const READY_INTERVAL_MS = 15 * 60_000
const NOT_READY_INTERVAL_MS = 30_000
/** How long a check may go on after the deadline of its task, which is what ends it. */
const AFTER_DEADLINE_MS = 5_000
/** After this many failed checks in a row that cost money, checks become as rare as successful ones. */
const MAX_PAID_FAILURES = 10

export type ReadyCheckOptions = ProbeParts & {
  readonly admission: Admission
  readonly log: AgentLog
  /** A request with this token always runs a new task. */
  readonly probeToken: string | undefined
  /** Shown only to requests with the token. */
  readonly details: () => Promise<object>
}

/**
 * Runs a real task, end to end, with a budget of its own. Anybody may request it, so the result is reused for long
 * enough that requests cannot spend that budget. A failure at no cost, such as an unreachable provider, is retried soon.
 */
export function readyCheck(options: ReadyCheckOptions): HealthRouterOptions {
  const { ops, agent, admission, log, probeToken, details } = options
  let spentBeforeUsd = 0
  let paidFailures = 0

  /** Reads the ledger, because an aborted attempt is charged after its task has ended. */
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
    readyTimeoutMs: agent.limits.deadlineMs + AFTER_DEADLINE_MS,
    readyIntervalMs: READY_INTERVAL_MS,
    notReadyIntervalMs: () => (paidFailures < MAX_PAID_FAILURES ? NOT_READY_INTERVAL_MS : READY_INTERVAL_MS),
  }
}

/** Logs the reason and what to do. The response has only the code. */
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

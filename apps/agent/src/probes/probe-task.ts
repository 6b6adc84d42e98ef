import { failureClassOf, type LlmOps, type Task } from 'llmops-middleware'
import { type Agent, runAgent } from '../agent/run-agent.ts'
import { NotReadyError } from './not-ready-error.ts'

/** A cheap question that still uses every part: two model calls, a tool, the budget, the check of the answer. */
const QUESTION = 'Where is my order ORD-1001?'

export type ProbeParts = { readonly ops: LlmOps; readonly agent: Agent }

/**
 * Runs a real task, end to end, because a process that responds may still be unable to do its work. The task has no
 * outside caller, so a failure is of the class `agent` or `provider`.
 *
 * @throws NotReadyError with the class of the failure.
 */
export async function probeTask({ ops, agent }: ProbeParts, tenant: string, signal?: AbortSignal): Promise<void> {
  const options = { tenant, deadlineMs: agent.limits.deadlineMs, ...(signal && { signal }) }
  await ops.task(options, async (task) => {
    const outcome = await outcomeOf(agent, task)
    if (outcome === undefined) return
    // A task that its budget could not pay for says nothing about the release, and so counts as the caller's.
    task.fail(outcome.code, outcome.isUnknown ? 'caller' : outcome.failureClass)
    throw outcome
  })
}

async function outcomeOf(agent: Agent, task: Task): Promise<NotReadyError | undefined> {
  try {
    const { outcome } = await runAgent(agent, [{ role: 'user', content: QUESTION }], task)
    return outcome.status === 'failed' ? new NotReadyError(outcome.reason) : undefined
  } catch (error) {
    const cause = task.signal.aborted ? task.signal.reason : error
    return NotReadyError.of(cause, failureClassOf(cause, task) === 'provider' ? 'provider' : 'agent')
  }
}

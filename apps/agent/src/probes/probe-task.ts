import { failureClassOf, type LlmOps, type Task } from 'llmops-middleware'
import { type Agent, runAgent } from '../agent/run-agent.ts'
import { NotReadyError } from './not-ready-error.ts'

/** Cheap, and yet everything takes part: the model twice, a tool, the budget, the agent's own judgement. */
const QUESTION = 'Where is my order ORD-1001?'

export type ProbeParts = { readonly ops: LlmOps; readonly agent: Agent }

/**
 * A real task, end to end: a process that answers is not yet an agent that works. What nobody outside has asked is no
 * caller's doing: such a failure is the agent's or the provider's.
 *
 * @throws NotReadyError with the class of the failure.
 */
export async function probeTask({ ops, agent }: ProbeParts, tenant: string, signal?: AbortSignal): Promise<void> {
  const options = { tenant, deadlineMs: agent.limits.deadlineMs, ...(signal && { signal }) }
  await ops.task(options, async (task) => {
    const outcome = await outcomeOf(agent, task)
    if (outcome === undefined) return
    // A task that its money did not suffice for says nothing.
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

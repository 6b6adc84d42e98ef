import type { LlmOps } from 'llmops-middleware'
import { type Agent, runAgent } from '../agent/run-agent.ts'
import { HEALTH_TENANT } from '../tenants/who-pays.ts'
import type { Admission } from './admission.ts'
import { DrainingError } from './draining-error.ts'
import { NotReadyError } from './not-ready-error.ts'

/** Cheap, and yet everything takes part: the model twice, a tool, the budget, the agent's own judgement. */
const QUESTION = 'Where is my order ORD-1001?'

export type ReadyCheckOptions = {
  readonly ops: LlmOps
  readonly agent: Agent
  readonly admission: Admission
}

/** A real task, end to end, paid by a budget of its own: a process that answers is not yet an agent that works. */
export function readyCheck({ ops, agent, admission }: ReadyCheckOptions): (signal: AbortSignal) => Promise<void> {
  return async (signal) => {
    if (admission.isDraining) throw new DrainingError()
    const options = { tenant: HEALTH_TENANT, deadlineMs: agent.limits.deadlineMs, signal }
    await ops.task(options, async (task) => {
      const { outcome } = await runAgent(agent, [{ role: 'user', content: QUESTION }], task)
      if (outcome.status === 'failed') throw new NotReadyError(outcome.reason)
    })
  }
}

import type { Telemetry } from '../telemetry/telemetry.ts'

/** The figures of the alert rules, for this process alone: outcomes of an earlier release are not included. */
export async function ownOutcomes(telemetry: Telemetry): Promise<object> {
  const totals = await telemetry.totals()
  const mean = (name: string) => totals.sum(name) / totals.count(name)
  const tasks = totals.count('agent.task.outcome')
  const toolCalls = totals.count('agent.tool.outcome')
  return {
    tasks,
    ...(tasks > 0 && { taskSuccess: mean('agent.task.outcome'), costPerTaskUsd: mean('agent.task.cost') }),
    toolCalls,
    ...(toolCalls > 0 && { toolSuccess: mean('agent.tool.outcome') }),
  }
}

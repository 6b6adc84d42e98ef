import type { RequestHandler } from 'express'
import type { LlmOps } from 'llmops-middleware'
import type { Settings } from '../settings/settings.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { Admission } from './admission.ts'
import type { Instance } from './instance.ts'

export type StatusRouteOptions = {
  readonly ops: LlmOps
  readonly telemetry: Telemetry
  readonly instance: Instance
  readonly settings: Settings
  readonly admission: Admission
}

const MAX_TENANTS_SHOWN = 20

/** `GET /status`: everything that the live page shows, as JSON. */
export function statusRoute({ ops, telemetry, instance, settings, admission }: StatusRouteOptions): RequestHandler {
  return async (_request, response) => {
    const totals = await telemetry.totals()
    const failures = totals.by('agent.task.failure', 'reason')
    const payers = Object.keys(totals.by('agent.cost.usd', 'tenant')).slice(0, MAX_TENANTS_SHOWN)
    response.set('cache-control', 'no-store').json({
      ...instance,
      models: { primary: settings.model.primary, downshift: settings.model.downshift },
      isDraining: admission.isDraining,
      running: admission.running,
      tasks: {
        completed: totals.sum('agent.task.success'),
        failed: totals.sum('agent.task.failure'),
        failures,
        latencyCount: totals.count('agent.task.latency'),
        latencySumS: totals.sum('agent.task.latency'),
      },
      costUsd: totals.sum('agent.cost.usd'),
      tokens: { input: totals.sum('agent.tokens.in'), output: totals.sum('agent.tokens.out') },
      tools: toolsOf(totals),
      repairs: totals.sum('agent.repair.retry'),
      downshifts: totals.sum('agent.model.downshift'),
      breaches: totals.by('agent.budget.breach', 'tenant'),
      chaos: ops.chaos.read(),
      chaosInjected: totals.by('agent.chaos.injected', 'mode'),
      budgets: await Promise.all(payers.map(async (tenant) => ({ tenant, ...(await ops.budget.read(tenant)) }))),
      recent: telemetry.recentTasks.latestFirst,
    })
  }
}

function toolsOf(totals: Awaited<ReturnType<Telemetry['totals']>>) {
  return Object.keys(totals.by('agent.tool.success', 'tool')).map((tool) => {
    const byStatus = totals.by('agent.tool.success', 'status', { tool })
    return { tool, ok: byStatus['ok'] ?? 0, fallback: byStatus['fallback'] ?? 0, error: byStatus['error'] ?? 0 }
  })
}

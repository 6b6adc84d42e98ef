import { join } from 'node:path'
import type { LlmOps } from 'llmops-middleware'
import { type Dashboard, dashboardRouter } from 'llmops-middleware/dashboard'
import { isLoopback } from '../settings/kinds.ts'
import type { Settings } from '../settings/settings.ts'
import type { Instance } from './instance.ts'

export type DashboardParts = {
  readonly settings: Settings
  readonly instance: Instance
  readonly ops: LlmOps
}

/**
 * The live page and its figures. They need the admin token, unless only this machine can connect. If the ledger is a
 * file, so is the history: both slots of a machine write to it, so the page shows what happened before a swap too.
 */
export function createDashboard({ settings, instance, ops }: DashboardParts): Dashboard {
  const { host, adminToken, dataFolder, budget, model, limits } = settings
  const { taskSuccess, toolSuccess, costPerTaskUsd } = settings.objectives
  return dashboardRouter({
    ops,
    name: 'Tarn & Fell support agent',
    facts: { ...instance, model: model.primary },
    token: adminToken,
    objectives: { taskSuccess, toolSuccess, costPerTaskUsd, latencyP95Ms: limits.latencyObjectiveMs },
    ...(isLoopback(host) && { mayRead: () => true }),
    ...(budget.redisUrl === undefined && { history: { path: join(dataFolder, 'history.db') } }),
    links: { head: [{ label: 'Ask the agent', href: 'ask' }] },
  })
}

import express, { type Express } from 'express'
import type { LlmOps } from 'llmops-middleware'
import type { Dashboard } from 'llmops-middleware/dashboard'
import { healthRouter, problemHandler } from 'llmops-middleware/express'
import type { Agent } from './agent/run-agent.ts'
import { askPage } from './ask/ask-page.ts'
import { adminOnly } from './http/admin-only.ts'
import type { Admission } from './http/admission.ts'
import { chatRoute } from './http/chat-route.ts'
import { describeProblem } from './http/describe-problem.ts'
import { hostGuard } from './http/host-guard.ts'
import type { Instance } from './http/instance.ts'
import { mcpRoute } from './http/mcp-route.ts'
import { notFound } from './http/not-found.ts'
import { statusRoute } from './http/status-route.ts'
import type { AgentLog } from './log/agent-log.ts'
import { logInternal, logRefusals } from './log/log-refusals.ts'
import { ownOutcomes } from './probes/own-outcomes.ts'
import { readyCheck } from './probes/ready-check.ts'
import type { SyntheticTasks } from './probes/synthetic-tasks.ts'
import type { Settings } from './settings/settings.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import { whoPays } from './tenants/who-pays.ts'

export type AppParts = {
  readonly settings: Settings
  readonly instance: Instance
  readonly ops: LlmOps
  readonly agent: Agent
  readonly telemetry: Telemetry
  readonly admission: Admission
  readonly synthetic: SyntheticTasks
  readonly log: AgentLog
  readonly dashboard: Dashboard
}

/** All routes of the agent, in one list. */
export function createApp(parts: AppParts): Express {
  const { settings, instance, telemetry, synthetic, dashboard, log } = parts
  const details = async () => ({ outcomes: await ownOutcomes(telemetry), synthetic: synthetic.state })
  const app = express()
  app.disable('x-powered-by')
  app.use(logRefusals(log))
  app.use(hostGuard(settings))
  app.get('/ask', askPage())
  app.use(chatRoute({ ...parts, whoPays: whoPays(settings) }))
  app.use(mcpRoute({ ...parts, whoPays: whoPays(settings) }))
  app.use(
    healthRouter({ info: () => instance, ...readyCheck({ ...parts, probeToken: settings.probes.token, details }) }),
  )
  app.get('/status', adminOnly(settings), statusRoute(parts))
  app.get('/metrics', adminOnly(settings), (request, response) =>
    telemetry.prometheus.getMetricsRequestHandler(request, response),
  )
  app.use(dashboard)
  app.use(notFound())
  app.use(problemHandler({ describe: describeProblem, log: (error) => logInternal(log, error) }))
  return app
}

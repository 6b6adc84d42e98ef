import { randomBytes } from 'node:crypto'
import { type RequestHandler, Router } from 'express'
import type { LlmOps } from 'llmops-middleware'
import { mcpRouter } from 'llmops-middleware/mcp'
import type { Agent } from '../agent/run-agent.ts'
import { addShopParts } from '../mcp/shop-parts.ts'
import { tally } from '../mcp/tally.ts'
import type { Settings } from '../settings/settings.ts'
import type { WhoPays } from '../tenants/who-pays.ts'
import type { Admission } from './admission.ts'
import type { Instance } from './instance.ts'

export type McpRouteOptions = {
  readonly settings: Settings
  readonly ops: LlmOps
  readonly agent: Agent
  readonly instance: Instance
  readonly whoPays: WhoPays
  readonly admission: Admission
}

const PATH = '/mcp'

/** `/mcp`: the agent's tools for other agents, by the Model Context Protocol. */
export function mcpRoute({ settings, ops, agent, instance, whoPays, admission }: McpRouteOptions): Router {
  const { handleKey, allowedHosts } = settings
  // A random key makes handles valid for this process only. That is enough outside production, where it is the only one.
  const key = handleKey ?? (settings.isProduction ? undefined : randomBytes(32).toString('base64url'))
  const tools = [...agent.tools, ...(key === undefined ? [] : [ops.tool(tally(key, instance.instance))])]
  const router = Router()
  router.use(PATH, admit(admission))
  router.use(
    mcpRouter({
      ops,
      tools,
      path: PATH,
      tenant: (request) => whoPays(request, undefined),
      serverInfo: { name: 'agent', title: 'Support of a shop of mountain gear', version: instance.release },
      allowedHosts,
      deadlineMs: settings.limits.deadlineMs,
      serverOptions: { capabilities: { prompts: { listChanged: false }, resources: { listChanged: false } } },
      extend: addShopParts,
    }),
  )
  return router
}

/** The first revision in which a request is refused whose header `mcp-method` is not the method of its body. */
const CHECKED_METHODS = '2026-07-28'

/** Subscriptions are not admitted: a client may hold one open for long, and it must not take the place of a task. */
const admit =
  (admission: Admission): RequestHandler =>
  (request, response, next) => {
    const isChecked = (request.get('mcp-protocol-version') ?? '') >= CHECKED_METHODS
    if (!isChecked || request.get('mcp-method') !== 'subscriptions/listen') admission.admit(response)
    next()
  }

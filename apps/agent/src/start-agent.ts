import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApp } from './app.ts'
import { Admission } from './http/admission.ts'
import { createDashboard } from './http/dashboard.ts'
import { describeInstance, type Instance } from './http/instance.ts'
import { type AgentLog, createAgentLog } from './log/agent-log.ts'
import { connectModel } from './model/connect-model.ts'
import { createOps } from './model/create-ops.ts'
import { SyntheticTasks } from './probes/synthetic-tasks.ts'
import { readPrompt } from './prompts/index.ts'
import type { Settings } from './settings/settings.ts'
import { startTelemetry } from './telemetry/telemetry.ts'
import { createTools } from './tools/index.ts'
import { createNeedsTool } from './tools/needs-tool.ts'
import { TicketStore } from './tools/ticket-store.ts'

export type RunningAgent = {
  readonly url: string
  readonly instance: Instance
  /** Waits for the running requests, at most `drainMs`, then closes everything. */
  stop(): Promise<void>
}

/** Assembles the agent and starts it. Telemetry starts first, so that everything after it is recorded. */
export async function startAgent(
  settings: Settings,
  log: AgentLog = createAgentLog({ isJson: settings.isProduction }),
): Promise<RunningAgent> {
  const instance = describeInstance(settings)
  const telemetry = await startTelemetry(instance, settings)
  const ops = await createOps(settings, instance.release, log)
  const model = await connectModel(settings.model.endpoint, ops.fetch)
  const tickets = new TicketStore(settings.dataFolder)
  const admission = new Admission(settings.limits.maxConcurrentTasks)
  const agent = {
    client: model.client,
    model: settings.model.primary,
    reasoningEffort: settings.model.reasoningEffort,
    prompt: readPrompt(settings.promptVersion),
    tools: createTools(ops, { searchUrl: settings.searchUrl, tickets }),
    needsTool: createNeedsTool(),
    limits: settings.limits,
  }
  const synthetic = new SyntheticTasks({ ops, agent }, settings.probes.syntheticEveryMs)
  const dashboard = createDashboard({ settings, instance, ops })
  const parts = { settings, instance, ops, agent, telemetry, admission, synthetic, dashboard, log }
  const server = createServer(createApp(parts))
  await listen(server, settings)

  return {
    url: urlOf(server),
    instance,
    async stop() {
      synthetic.stop()
      const closed = new Promise((resolve) => server.close(resolve))
      await admission.drain(settings.limits.drainMs)
      // What is still open is either idle (keep-alive) or a client that reads slowly, which has had its time.
      server.closeAllConnections()
      await closed
      await ops.close()
      // The last task has ended, so nothing needs these any more.
      dashboard.close()
      tickets.close()
      await model.close()
      await telemetry.shutdown()
      log.flush()
    },
  }
}

function listen(server: Server, { port, host }: Settings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
}

function urlOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

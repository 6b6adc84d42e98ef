import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { createLlmOps, type LlmOps } from 'llmops-middleware'
import type { Ledger } from 'llmops-middleware/budget'
import { redisLedger } from 'llmops-middleware/budget/redis'
import { sqliteLedger } from 'llmops-middleware/budget/sqlite'
import type { AgentLog } from '../log/agent-log.ts'
import type { Settings } from '../settings/settings.ts'
import { HEALTH_TENANT, SYNTHETIC_TENANT } from '../tenants/who-pays.ts'
import { credentialOf } from './credential.ts'
import { connectRedis } from './redis-connection.ts'

/** Creates the middleware of the agent. All processes of both slots share one ledger. */
export async function createOps(settings: Settings, release: string, log: AgentLog): Promise<LlmOps> {
  const { model, budget, limits } = settings
  return createLlmOps({
    agentVersion: release,
    rateCard: { deployments: model.modelOfDeployment },
    logger: log,
    latencyObjectiveMs: limits.latencyObjectiveMs,
    budget: {
      limitUsd: {
        [HEALTH_TENANT]: budget.healthLimitUsd,
        [SYNTHETIC_TENANT]: budget.syntheticLimitUsd,
        '*': budget.limitUsd,
      },
      period: budget.period,
      ...(model.primary !== model.downshift && { downshift: { to: { [model.primary]: model.downshift } } }),
      ledger: await openLedger(settings, log),
    },
  })
}

async function openLedger(
  { budget: { redisUrl }, model: { endpoint }, dataFolder }: Settings,
  log: AgentLog,
): Promise<Ledger> {
  if (!redisUrl) return sqliteLedger(join(dataFolder, 'ledger.db'))
  const clientId = endpoint.kind === 'azure' ? endpoint.clientId : undefined
  const { redis, close } = await connectRedis({ url: redisUrl, credential: credentialOf(clientId), log })
  const ledger = redisLedger(redis)
  // The agent opened the connection, so it closes it with the ledger.
  return { ...ledger, close: async () => void (await Promise.allSettled([ledger.close(), close(), disconnect(redis)])) }
}

const QUIT_TIMEOUT_MS = 500

/** Sends QUIT if the server is connected, but waits only shortly: a server that hangs would never respond. */
async function disconnect(redis: Redis): Promise<void> {
  if (redis.status === 'ready') await Promise.race([redis.quit(), delay(QUIT_TIMEOUT_MS, undefined, { ref: false })])
  redis.disconnect()
}

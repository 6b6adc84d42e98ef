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

/** What keeps the agent inside its money: one ledger for every process of a slot and of both slots. */
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
  // The connection is ours, so it ends with the ledger.
  return { ...ledger, close: async () => void (await Promise.allSettled([ledger.close(), close(), leave(redis)])) }
}

const LEAVE_MS = 500

/** Says goodbye to a server that hears it. For one that is away or stands still, the word would wait in a queue. */
async function leave(redis: Redis): Promise<void> {
  if (redis.status === 'ready') await Promise.race([redis.quit(), delay(LEAVE_MS, undefined, { ref: false })])
  redis.disconnect()
}

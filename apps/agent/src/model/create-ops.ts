import { join } from 'node:path'
import { Redis } from 'ioredis'
import { createLlmOps, type LlmOps } from 'llmops-middleware'
import type { Ledger } from 'llmops-middleware/budget'
import { redisLedger } from 'llmops-middleware/budget/redis'
import { sqliteLedger } from 'llmops-middleware/budget/sqlite'
import type { Settings } from '../settings/settings.ts'
import { HEALTH_TENANT } from '../tenants/who-pays.ts'

/** What keeps the agent inside its money: one ledger for every process of a slot and of both slots. */
export function createOps({ model, budget, dataFolder }: Settings): LlmOps {
  return createLlmOps({
    models: { primary: model.primary, downshift: model.downshift },
    rateCard: { deployments: model.modelOfDeployment },
    budget: {
      limitUsd: { [HEALTH_TENANT]: budget.healthLimitUsd, '*': budget.limitUsd },
      period: budget.period,
      ledger: openLedger(budget.redisUrl, dataFolder),
    },
  })
}

function openLedger(redisUrl: URL | undefined, dataFolder: string): Ledger {
  if (!redisUrl) return sqliteLedger(join(dataFolder, 'ledger.db'))
  const redis = new Redis(redisUrl.href, { lazyConnect: true })
  const ledger = redisLedger(redis)
  // The connection is ours, so it ends with the ledger.
  return { ...ledger, close: async () => void (await Promise.allSettled([ledger.close(), redis.quit()])) }
}

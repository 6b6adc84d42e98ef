import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { startRedisServer } from 'test-support/redis-server'
import { onTestFinished, vi } from 'vitest'
import { createLlmOps } from '../../src/index.ts'
import { redisLedger } from '../../src/ledger/redis/redis-ledger.ts'
import { sqliteLedger } from '../../src/ledger/sqlite/sqlite-ledger.ts'
import { ask, failureOf, opsOf, type Remedy } from './remedy.ts'

export const BUDGET = {
  invalid_option: {
    by: 'caller',
    says: ['`budget.limitUsd` must be an amount of US dollars', "got '50'", 'Did you mean the number 50?'],
    async call() {
      const make = (limitUsd: unknown) => createLlmOps({ logger: false, budget: { limitUsd: limitUsd as number } })
      return { error: await failureOf(() => make('50')), again: () => make(50) }
    },
  },
  budget_exceeded: {
    by: 'caller',
    says: ['budget of tenant:contoso is spent: $1 of $1', 'needs at least $', /resets at \d{4}-/],
    async call() {
      const ops = opsOf()
      await ops.budget.charge({ tenant: 'contoso', usd: 1, reason: 'web search' })
      const error = await failureOf(() => ask(ops))
      return {
        error,
        async again() {
          await ops.budget.setLimit({ tenant: 'contoso', limitUsd: 2 })
          return await ask(ops)
        },
      }
    },
  },
  run_budget_exceeded: {
    by: 'caller',
    says: ['does not fit into the budget of task:', 'needs at least $', 'of $0.0001 is left', 'higher limit'],
    async call() {
      const ops = opsOf()
      const run = (budgetUsd: number) => ops.task({ budgetUsd }, () => ask(ops))
      return { error: await failureOf(() => run(0.0001)), again: () => run(0.5) }
    },
  },
  ledger_unavailable: {
    by: 'world',
    says: ['budget ledger could not reserve', /Redis at 127\.0\.0\.1:\d+/, 'Check that it runs', 'was not sent'],
    async call() {
      const server = await startRedisServer()
      const redis = new Redis(server.url, { retryStrategy: () => 10 })
      redis.on('error', () => {})
      onTestFinished(() => redis.disconnect())
      const ops = opsOf({ budget: { limitUsd: 1, ledger: redisLedger(redis, { timeoutMs: 100 }) } })
      await server.kill()
      const error = await failureOf(() => ask(ops))
      const back = await startRedisServer({ port: server.port, folder: server.folder })
      onTestFinished(() => back.stop())
      await redis.ping()
      // A busy machine may let even a well Redis wait so long.
      return { error, again: () => vi.waitFor(() => ask(ops), 20_000) }
    },
  },
  ledger_corrupted: {
    by: 'caller',
    says: [/cannot use .*ledger\.db: file is not a database/, 'Nothing was overwritten'],
    async call() {
      const folder = await mkdtemp(join(tmpdir(), 'remedies-'))
      onTestFinished(() => rm(folder, { recursive: true }))
      const path = join(folder, 'ledger.db')
      await writeFile(path, 'This is a letter, and no ledger.'.repeat(100))
      const error = await failureOf(() => sqliteLedger(path))
      return {
        error,
        async again() {
          await rename(path, `${path}.moved`)
          const ops = opsOf({ budget: { limitUsd: 1, ledger: sqliteLedger(path) } })
          await ask(ops)
          await ops.close()
        },
      }
    },
  },
} as const satisfies Readonly<Record<string, Remedy>>

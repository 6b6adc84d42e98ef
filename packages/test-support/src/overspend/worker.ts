/** One of many processes that spend one budget. It takes its work as JSON, sends its tally to its parent, and ends with it. */
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { Redis } from 'ioredis'
import { createLlmOps, type LlmOpsOptions } from 'llmops-middleware'
import { localShare } from 'llmops-middleware/budget'
import { redisLedger } from 'llmops-middleware/budget/redis'
import { sqliteLedger } from 'llmops-middleware/budget/sqlite'
import { runLoad } from './load.ts'
import { naiveLayer } from './naive-layer.ts'
import type { Order, RedisSpec } from './run-processes.ts'

const order = JSON.parse(process.argv[2]!) as Order
// Only this process has this clock.
const { now } = Date
Date.now = () => now() + order.clockSkewMs

const redis = 'redisUrl' in order.ledger ? new Redis(order.ledger.redisUrl) : undefined
redis?.on('error', () => {})
const ops = createLlmOps({
  defaultTenant: 'contoso',
  countTokens: (text) => countTokens(text),
  ...(order.design === 'naive' ? naive() : reserved()),
})

function naive(): LlmOpsOptions {
  const { namespace } = order.ledger as RedisSpec
  return { layers: { model: [naiveLayer(redis!, `naive:${namespace}`, order.budget.limitUsd as number)] } }
}

function reserved(): LlmOpsOptions {
  const ledger =
    'path' in order.ledger
      ? sqliteLedger(order.ledger.path, { waitMs: 60_000 })
      : redisLedger(redis!, { namespace: order.ledger.namespace, timeoutMs: order.ledgerTimeoutMs ?? 30_000 })
  const to = { 'gpt-4o': 'gpt-4o-mini', 'gpt-4.1': 'gpt-4.1-mini', 'gpt-4.1-mini': 'gpt-4o-mini' }
  return {
    budget: {
      downshift: { to },
      ...order.budget,
      ledger: order.localShare ? localShare(ledger, order.localShare) : ledger,
    },
  }
}

// After a failed test no process reads the tally, and further calls would slow down the tests that follow.
process.once('disconnect', () => process.exit())
// Before the calls, whose times would otherwise include the time to connect.
await redis?.ping()
process.send?.('ready')
const tally = await runLoad(ops.fetch, order.load)
await ops.close()
redis?.disconnect()
process.send?.({ tally }, () => process.exit())

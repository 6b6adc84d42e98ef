/** One process of many that spend one budget. Takes its orders as JSON, sends its tally to its parent, ends with it. */
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
// Only this process believes it.
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

// A test that failed leaves nobody who would read the tally, and calls that would load the machine for those after it.
process.once('disconnect', () => process.exit())
// Before the calls: what waits for a connection that is being made would be about that.
await redis?.ping()
process.send?.('ready')
const tally = await runLoad(ops.fetch, order.load)
await ops.close()
redis?.disconnect()
process.send?.({ tally }, () => process.exit())

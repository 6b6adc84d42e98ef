import { Redis } from 'ioredis'
import { createLlmOps } from 'llmops-middleware'
import { redisLedger } from 'llmops-middleware/budget/redis'
import { GeneratedCalls } from './generated-calls.ts'
import { startProviderDouble } from './provider-double.ts'
import { Random } from './random.ts'

export type WorkerOrder = {
  readonly redisUrl: string
  readonly namespace: string
  readonly seed: number
  readonly calls: number
  readonly concurrency: number
  readonly limitUsd: number
}

export type WorkerTally = { readonly billNanos: number; readonly statuses: Readonly<Record<string, number>> }

const order = JSON.parse(process.argv[2]!) as WorkerOrder
const redis = new Redis(order.redisUrl)
const provider = await startProviderDouble(new Random(order.seed))
const generated = new GeneratedCalls(new Random(order.seed + 1))
const ops = createLlmOps({
  defaultTenant: 'contoso',
  budget: {
    limitUsd: order.limitUsd,
    waitForHoldsMs: 120_000,
    ledger: redisLedger(redis, { namespace: order.namespace, timeoutMs: 60_000 }),
  },
})
const statuses: Record<string, number> = {}
let left = order.calls

async function user(): Promise<void> {
  while (left-- > 0) {
    const { path, body } = generated.next()
    const headers = { 'content-type': 'application/json' }
    const response = await ops.fetch(provider.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    const text = await response.text()
    const isStored = body['store'] !== false && response.ok
    if (isStored) generated.answered(/"id":"(resp_[^"]+)"/.exec(text)?.[1])
    const code = response.ok ? 'ok' : `${response.status} ${/"code":"([^"]+)"/.exec(text)?.[1]}`
    statuses[code] = (statuses[code] ?? 0) + 1
  }
}

await Promise.all(Array.from({ length: order.concurrency }, user))
await ops.close()
process.send!({ billNanos: provider.billNanos(), statuses } satisfies WorkerTally)
await provider.close()
redis.disconnect()

import { Redis } from 'ioredis'
import { BudgetBreaker } from 'llmops-middleware/budget'
import { redisLedger } from 'llmops-middleware/budget/redis'
import { type Order, startProcess, startProvider, sumOf } from 'test-support/overspend/run-processes'
import { startRedisServer } from 'test-support/redis-server'
import type { BenchRow } from './row.ts'

export const title = '8 processes, 500 calls each at once, a limit of $1: what the provider billed in the end'

const PROCESSES = 8
const CALLS = 2000
const LIMIT_USD = 1
const NAMESPACE = 'overspend'

const DESIGNS: readonly (readonly [string, Partial<Order>])[] = [
  ['reserve, then spend', {}],
  ['reserve, then spend; cut streams count whole', { budget: { limitUsd: LIMIT_USD, cutStream: 'charge' } }],
  ['reserve, then spend; local share', { localShare: {} }],
  ['check, call, add', { design: 'naive' }],
]

export async function run(): Promise<BenchRow[]> {
  const rows: BenchRow[] = []
  for (const [name, design] of DESIGNS) rows.push(await overspend(name, design))
  return rows
}

async function overspend(name: string, design: Partial<Order>): Promise<BenchRow> {
  const provider = await startProvider()
  const server = await startRedisServer()
  try {
    const processes = await Promise.all(
      Array.from({ length: PROCESSES }, (_, index) =>
        startProcess({
          ledger: { redisUrl: server.url, namespace: NAMESPACE },
          clockSkewMs: 0,
          load: { modelUrl: provider.url, seed: index + 1, calls: CALLS, concurrency: 500 },
          ...design,
          budget: { limitUsd: LIMIT_USD, waitForHoldsMs: 60_000, ...design.budget },
        }),
      ),
    )
    const { blocked, spentAtFirstBlock } = sumOf(await Promise.all(processes.map(({ tally }) => tally)))
    const billedUsd = (await provider.trueCostNanos()) / 1e9
    const counted = design.design === 'naive' ? '' : `, counted $${(await countedUsd(server.url)).toFixed(4)}`
    const first = `first of ${blocked} blocked at ${(spentAtFirstBlock * 100).toFixed(1)} %`
    return {
      name: `${name} (${first}${counted})`,
      value: `$${billedUsd.toFixed(4)}`,
      ratio: billedUsd / LIMIT_USD,
      bound: 'of the limit',
    }
  } finally {
    await provider.stop()
    await server.stop()
  }
}

async function countedUsd(url: string): Promise<number> {
  const redis = new Redis(url)
  const budget = new BudgetBreaker({ limitUsd: LIMIT_USD, ledger: redisLedger(redis, { namespace: NAMESPACE }) })
  const { spentUsd } = await budget.read('contoso')
  await budget.close()
  redis.disconnect()
  return spentUsd
}

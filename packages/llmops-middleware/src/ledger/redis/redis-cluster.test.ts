import { randomUUID } from 'node:crypto'
import { Cluster, Redis } from 'ioredis'
import { type RedisServer, startRedisServer } from 'test-support/redis-server'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Nanos } from '../../usd.ts'
import { ledgerConformance } from '../conformance/index.ts'
import { redisLedger } from './redis-ledger.ts'

let server: RedisServer
let cluster: Cluster
beforeAll(async () => {
  // One node with every slot already refuses a script whose keys are not in one slot, or that touches others.
  server = await startRedisServer({ args: ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'] })
  const node = new Redis(server.url)
  await node.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
  await vi.waitFor(async () => expect(await node.cluster('INFO')).toContain('cluster_state:ok'), 60_000)
  node.disconnect()
  cluster = new Cluster([{ host: '127.0.0.1', port: server.port }])
})
afterAll(async () => {
  cluster.disconnect()
  await server.stop()
})

const claimOn = (account: string) => ({ account, period: 'month', limitNanos: 1000 as Nanos }) as const

function request(id: string, accounts: readonly string[]) {
  return {
    id,
    claims: accounts.map(claimOn),
    offers: [{ amountNanos: 10 as Nanos, floorNanos: 10 as Nanos }],
    leaseMs: 60_000,
    leaseEnd: 'charge',
    contendedShare: 1,
  } as const
}

describe('the Redis ledger on a cluster', () => {
  for (const { name, run } of ledgerConformance) {
    it(name, () => run(({ now }) => redisLedger(cluster, { now, namespace: randomUUID(), timeoutMs: 30_000 })))
  }

  const partitionOf = (account: string) => account.split('/')[0]!

  it('spreads organisations over slots, and reads and renews across them', async () => {
    const ledger = redisLedger(cluster, { namespace: randomUUID(), partitionOf, timeoutMs: 30_000 })
    const contoso = await ledger.reserve(request('one', ['contoso', 'contoso/ada']))
    const fabrikam = await ledger.reserve(request('two', ['fabrikam', 'fabrikam/bob']))
    if (!contoso.granted || !fabrikam.granted) throw new Error('refused')

    expect(await ledger.renew([contoso.hold, fabrikam.hold], 60_000)).toBe(2)
    const states = await ledger.read(['fabrikam/bob', 'contoso', 'fabrikam'].map(claimOn))
    expect(states.map(({ account, heldNanos }) => [account, heldNanos])).toEqual([
      ['fabrikam/bob', 10],
      ['contoso', 10],
      ['fabrikam', 10],
    ])
  })

  it('refuses a step that would need two partitions, and names the account', async () => {
    const ledger = redisLedger(cluster, { namespace: randomUUID(), partitionOf, timeoutMs: 30_000 })
    await expect(async () => ledger.reserve(request('one', ['contoso', 'fabrikam/bob']))).rejects.toThrow(
      "`claims` must be accounts of one partition; the first is in 'contoso', got 'fabrikam/bob'",
    )
  })
})

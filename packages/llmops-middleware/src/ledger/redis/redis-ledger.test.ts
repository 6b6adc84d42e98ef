import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, inject, it } from 'vitest'
import type { Nanos } from '../../usd.ts'
import { ledgerConformance } from '../conformance/index.ts'
import type { Ledger } from '../ledger.ts'
import { redisLedger } from './redis-ledger.ts'

const redis = new Redis(inject('redisUrl'))
afterAll(() => redis.quit())

const claim = { account: 'tenant:contoso', period: 'month', limitNanos: 1000 as Nanos } as const

async function holdOn(ledger: Ledger, id: string) {
  const offers = [{ amountNanos: 100 as Nanos, floorNanos: 100 as Nanos }]
  const result = await ledger.reserve({
    id,
    claims: [claim],
    offers,
    leaseMs: 60_000,
    leaseEnd: 'charge',
    contendedShare: 1,
  })
  if (!result.granted) throw new Error('refused')
  return result.hold
}

describe('the Redis ledger', () => {
  for (const { name, run } of ledgerConformance) {
    it(name, () => run(({ now }) => redisLedger(redis, { now, namespace: randomUUID(), timeoutMs: 30_000 })))
  }

  it('takes nothing over from a period that was begun by a release without unknown costs', async () => {
    const clock = { nowMs: Date.parse('2026-03-15T00:00:00Z') }
    const namespace = randomUUID()
    const ledger = redisLedger(redis, { now: () => clock.nowMs, namespace, timeoutMs: 30_000 })
    await ledger.settle(await holdOn(ledger, 'a'), 60 as Nanos, 50 as Nanos)
    clock.nowMs = Date.parse('2026-04-01T00:00:00Z')
    const [start, ends] = [String(clock.nowMs), String(Date.parse('2026-05-01T00:00:00Z'))]
    await redis.hset(`llmops:{${namespace}}:v1:account:month:tenant:contoso`, { start, ends, spent: '9' })
    expect((await ledger.read([claim]))[0]).toMatchObject({ spentNanos: 9, unknownNanos: 0 })
    await ledger.settle(await holdOn(ledger, 'b'), 6 as Nanos, 5 as Nanos)
    expect((await ledger.read([claim]))[0]).toMatchObject({ spentNanos: 15, unknownNanos: 5 })
  })

  it('never reports less than $0 if such a release charged the hold that is corrected', async () => {
    const clock = { nowMs: Date.parse('2026-03-15T00:00:00Z') }
    const namespace = randomUUID()
    const ledger = redisLedger(redis, { now: () => clock.nowMs, namespace, timeoutMs: 30_000 })
    const late = await holdOn(ledger, 'a')
    clock.nowMs += 60_000
    expect((await ledger.read([claim]))[0]?.unknownNanos).toBe(100)
    await redis.hdel(`llmops:{${namespace}}:v1:account:month:tenant:contoso`, 'unknown')
    await ledger.settle(late, 40 as Nanos)
    expect((await ledger.read([claim]))[0]).toMatchObject({ spentNanos: 40, unknownNanos: 0 })
  })
})

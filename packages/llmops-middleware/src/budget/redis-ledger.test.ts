import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, describe, inject, test } from 'vitest'
import type { Nanos } from '../usd.ts'
import { redisLedger } from './redis-ledger.ts'
import { ledgerConformance } from './testing/index.ts'

const redis = new Redis(inject('redisUrl'))
afterAll(() => redis.quit())

const _claim = { account: 'tenant:contoso', period: 'month', limitNanos: 1_000_000 as Nanos } as const

describe('the Redis ledger', () => {
  for (const { name, run } of ledgerConformance) {
    test(name, () => run(({ now }) => redisLedger(redis, { now, namespace: randomUUID() })))
  }
})

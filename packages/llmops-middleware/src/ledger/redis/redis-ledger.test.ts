import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, describe, inject, it } from 'vitest'
import { ledgerConformance } from '../conformance/index.ts'
import { redisLedger } from './redis-ledger.ts'

const redis = new Redis(inject('redisUrl'))
afterAll(() => redis.quit())

describe('the Redis ledger', () => {
  for (const { name, run } of ledgerConformance) {
    it(name, () => run(({ now }) => redisLedger(redis, { now, namespace: randomUUID(), timeoutMs: 30_000 })))
  }
})

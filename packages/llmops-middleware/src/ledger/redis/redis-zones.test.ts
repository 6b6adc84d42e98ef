import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, afterEach, describe, expect, inject, it, vi } from 'vitest'
import type { Nanos } from '../../usd.ts'
import type { Ledger, Period } from '../index.ts'
import { periodEndMs, periodStartMs } from '../period.ts'
import { redisLedger } from './redis-ledger.ts'

const redis = new Redis(inject('redisUrl'))
afterAll(() => redis.quit())
afterEach(() => {
  vi.restoreAllMocks()
})

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** The server's time, which the skew of ours changes nothing of. */
async function serverMs(): Promise<number> {
  const [seconds] = await redis.time()
  return Number(seconds) * 1000
}

function skewBy(skewMs: number): void {
  vi.spyOn(Date, 'now').mockImplementation(() => performance.timeOrigin + performance.now() + skewMs)
}

const claimOf = (period: Period) => ({ account: 'tenant:contoso', period, limitNanos: 1000 as Nanos })

async function hold(ledger: Ledger, period: Period, amount = 10) {
  const offers = [{ amountNanos: amount as Nanos, floorNanos: amount as Nanos }]
  const lease = { leaseMs: 60_000, leaseEnd: 'charge', contendedShare: 1 } as const
  const result = await ledger.reserve({ id: randomUUID(), claims: [claimOf(period)], offers, ...lease })
  if (!result.granted) throw new Error('refused')
  return result
}

describe('a caller whose clock differs from that of Redis', () => {
  const SKEWS = [-400 * DAY_MS, -40 * DAY_MS, -2 * DAY_MS, -HOUR_MS, HOUR_MS, 2 * DAY_MS, 40 * DAY_MS, 400 * DAY_MS]
  const PERIODS = [
    'hour@Asia/Kathmandu',
    'day@Europe/Berlin',
    'week@America/New_York',
    'month@Pacific/Chatham',
  ] as const

  it.each(SKEWS.flatMap((skewMs) => PERIODS.map((period) => [skewMs / HOUR_MS, period] as const)))(
    'by %d hours counts in the period of the server: %s',
    async (skewHours, period) => {
      const namespace = randomUUID()
      const right = redisLedger(redis, { namespace, timeoutMs: 30_000 })
      const { hold: first } = await hold(right, period, 30)
      await right.settle(first, 30 as Nanos)
      const [before] = await right.read([claimOf(period)])

      skewBy(skewHours * HOUR_MS)
      const skewed = redisLedger(redis, { namespace, timeoutMs: 30_000 })
      const { hold: second, accounts } = await hold(skewed, period, 20)
      expect(accounts[0]).toMatchObject({ spentNanos: 30, heldNanos: 20, resetsAtMs: before!.resetsAtMs })
      await skewed.settle(second, 15 as Nanos)
      const [state] = await skewed.read([claimOf(period)])
      expect(state).toMatchObject({ spentNanos: 45, heldNanos: 0, resetsAtMs: before!.resetsAtMs })

      const nowMs = await serverMs()
      expect(state!.resetsAtMs).toBe(periodEndMs(period, periodStartMs(period, nowMs)))
      expect(second.accounts[0]!.periodStartMs).toBe(periodStartMs(period, nowMs))
    },
  )

  it('begins the period of the server if there was no account before', async () => {
    skewBy(-400 * DAY_MS)
    const ledger = redisLedger(redis, { namespace: randomUUID(), timeoutMs: 30_000 })
    await ledger.setLimit({
      account: 'tenant:contoso',
      period: 'day@Asia/Tokyo',
      limitNanos: 50 as Nanos,
      lasts: 'period',
    })
    const { accounts } = await hold(ledger, 'day@Asia/Tokyo', 50)
    const nowMs = await serverMs()
    const resetsAtMs = periodEndMs('day@Asia/Tokyo', periodStartMs('day@Asia/Tokyo', nowMs))
    expect(accounts[0]).toMatchObject({ limitNanos: 50, resetsAtMs })
  })
})

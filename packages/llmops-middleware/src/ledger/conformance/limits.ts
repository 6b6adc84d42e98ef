import assert from 'node:assert/strict'
import { type ConformanceCase, claimOn, conformanceCase, HOUR_MS, nanos } from './conformance-case.ts'

const hourly = claimOn('tenant:contoso', 1000, { period: 'hour' })
const { account, period } = hourly

export const limits: readonly ConformanceCase[] = [
  conformanceCase('puts a limit set for good before the configured one', async ({ ledger, clock, hold, reserve }) => {
    await ledger.setLimit({ account, period, limitNanos: nanos(2000), lasts: 'always' })
    await hold(2000, [hourly])
    assert.equal((await reserve(1, [hourly])).granted, false)
    clock.nowMs += HOUR_MS
    assert.equal((await reserve(2000, [hourly])).granted, true)
  }),

  conformanceCase('raises a limit for one period only', async ({ ledger, clock, hold, readOne }) => {
    await ledger.setLimit({ account, period, limitNanos: nanos(3000), lasts: 'period' })
    await hold(3000, [hourly])
    assert.equal((await readOne(hourly)).limitNanos, 3000)
    clock.nowMs += HOUR_MS
    assert.equal((await readOne(hourly)).limitNanos, 1000)
  }),

  conformanceCase('puts a limit for the period before one for good', async ({ ledger, readOne }) => {
    await ledger.setLimit({ account, period, limitNanos: nanos(3000), lasts: 'period' })
    await ledger.setLimit({ account, period, limitNanos: nanos(2000), lasts: 'always' })
    assert.equal((await readOne(hourly)).limitNanos, 3000)
    await ledger.setLimit({ account, period, limitNanos: undefined, lasts: 'period' })
    assert.equal((await readOne(hourly)).limitNanos, 2000)
    await ledger.setLimit({ account, period, limitNanos: undefined, lasts: 'always' })
    assert.equal((await readOne(hourly)).limitNanos, 1000)
  }),

  conformanceCase('stops at once when a limit is lowered below what is spent', async ({ ledger, hold, reserve }) => {
    await ledger.settle(await hold(600, [hourly]), nanos(600))
    await ledger.setLimit({ account, period, limitNanos: nanos(500), lasts: 'always' })
    const refused = await reserve(1, [hourly])
    assert.ok(!refused.granted)
    assert.deepEqual([refused.reason, refused.accounts[0]?.limitNanos], ['spent', 500])
  }),

  conformanceCase('limits one period of an account without touching another', async ({ ledger, readOne }) => {
    await ledger.setLimit({ account, period, limitNanos: nanos(5), lasts: 'always' })
    assert.equal((await readOne(claimOn(account, 1000, { period: 'day' }))).limitNanos, 1000)
  }),

  conformanceCase('measures notices by the limit in force', async ({ ledger, hold }) => {
    const watched = { ...hourly, noticeShares: [0.5] }
    await ledger.setLimit({ account, period, limitNanos: nanos(2000), lasts: 'period' })
    assert.equal((await ledger.settle(await hold(999, [watched]), nanos(999))).crossed.length, 0)
    assert.equal((await ledger.settle(await hold(1, [watched]), nanos(1))).crossed.length, 1)
  }),

  conformanceCase('lets a raised limit of a rolling window last one window', async ({ ledger, clock, readOne }) => {
    const rolling = claimOn(account, 1000, { period: { rollingMs: HOUR_MS } })
    await ledger.setLimit({ account, period: rolling.period, limitNanos: nanos(3000), lasts: 'period' })
    clock.nowMs += HOUR_MS - 1
    assert.equal((await readOne(rolling)).limitNanos, 3000)
    clock.nowMs += 1
    assert.equal((await readOne(rolling)).limitNanos, 1000)
  }),
]

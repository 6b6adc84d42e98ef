import assert from 'node:assert/strict'
import type { Period } from '../period.ts'
import {
  type ConformanceCase,
  claimOn,
  conformanceCase,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  nanos,
} from './conformance-case.ts'

export const periods: readonly ConformanceCase[] = [
  ...turnsAt('hour', '2026-03-31T23:59:59.999Z', '2026-04-01T01:00:00Z'),
  ...turnsAt('day', '2026-12-31T23:59:59.999Z', '2027-01-02T00:00:00Z'),
  ...turnsAt('week', '2026-11-29T23:59:59.999Z', '2026-12-07T00:00:00Z'),
  ...turnsAt('month', '2028-02-29T23:59:59.999Z', '2028-04-01T00:00:00Z'),
  ...turnsAt('month', '2027-12-31T23:59:59.999Z', '2028-02-01T00:00:00Z'),

  conformanceCase('counts a late settlement in the period it was reserved in', async (bench) => {
    const { ledger, clock, hold, readOne } = bench
    const tenant = claimOn('tenant:contoso', 1000)
    const late = await hold(300, [tenant], { leaseMs: DAY_MS })
    const reservedAtMs = clock.nowMs
    clock.nowMs += HOUR_MS

    assert.deepEqual([(await readOne(tenant)).heldNanos, (await readOne(tenant)).spentNanos], [0, 0])
    assert.equal((await readOne(tenant, reservedAtMs)).heldNanos, 300)
    assert.equal((await ledger.settle(late, nanos(120))).outcome, 'settled')
    assert.equal((await readOne(tenant)).spentNanos, 0)
    const { spentNanos, heldNanos } = await readOne(tenant, reservedAtMs)
    assert.deepEqual([spentNanos, heldNanos], [120, 0])
  }),

  conformanceCase('resolves a hold that outlived its period in that period', async ({ clock, hold, readOne }) => {
    const tenant = claimOn('tenant:contoso', 1000)
    const reservedAtMs = clock.nowMs
    await hold(300, [tenant], { leaseMs: HOUR_MS })
    clock.nowMs += 40 * MINUTE_MS
    await hold(10, [tenant])
    clock.nowMs += 20 * MINUTE_MS
    assert.equal((await readOne(tenant)).spentNanos, 10)
    assert.equal((await readOne(tenant, reservedAtMs)).spentNanos, 300)
  }),

  conformanceCase('does not reopen a period when its clock is set back', async ({ ledger, clock, hold, reserve }) => {
    const tenant = claimOn('tenant:contoso', 1000, { period: 'hour' })
    await ledger.settle(await hold(1000, [tenant]), nanos(1000))
    clock.nowMs += HOUR_MS
    await ledger.settle(await hold(1000, [tenant]), nanos(1000))
    clock.nowMs -= HOUR_MS
    assert.equal((await reserve(1, [tenant])).granted, false)
  }),

  conformanceCase('reports notices anew in a new period', async ({ ledger, clock, hold }) => {
    const watched = claimOn('tenant:contoso', 1000, { period: 'hour', noticeShares: [0.5] })
    let reported = 0
    for (let hour = 0; hour < 3; hour += 1) {
      reported += (await ledger.settle(await hold(600, [watched]), nanos(600))).crossed.length
      reported += (await ledger.settle(await hold(100, [watched]), nanos(100))).crossed.length
      clock.nowMs += HOUR_MS
    }
    assert.equal(reported, 3)
  }),

  conformanceCase(
    'lets no rolling window hold more than the limit, at any moment',
    async ({ ledger, clock, reserve }) => {
      const rolling = claimOn('tenant:contoso', 1000, { period: { rollingMs: HOUR_MS } })
      const spends: { atMs: number; amount: number }[] = []
      for (let minute = 0; minute < 180; minute += 1) {
        const result = await reserve(40, [rolling])
        if (result.granted) {
          await ledger.settle(result.hold, nanos(40))
          spends.push({ atMs: clock.nowMs, amount: 40 })
        }
        const windowStartMs = clock.nowMs - HOUR_MS
        const inWindow = spends.filter(({ atMs }) => atMs > windowStartMs).reduce((sum, { amount }) => sum + amount, 0)
        assert.ok(inWindow <= 1000, `${inWindow} nano-USD within one window after ${minute} minutes`)
        clock.nowMs += MINUTE_MS
      }
      assert.ok(spends.length >= 70, `only ${spends.length} calls in three windows that pay for 25 each`)
    },
  ),

  conformanceCase('frees a rolling window at the moment it said', async ({ ledger, clock, hold, reserve, readOne }) => {
    const rolling = claimOn('tenant:contoso', 1000, { period: { rollingMs: HOUR_MS } })
    const spentAtMs = clock.nowMs
    await ledger.settle(await hold(1000, [rolling]), nanos(1000))
    clock.nowMs += MINUTE_MS
    const { resetsAtMs } = await readOne(rolling)
    assert.ok(resetsAtMs >= spentAtMs + HOUR_MS && resetsAtMs <= spentAtMs + HOUR_MS + MINUTE_MS)
    clock.nowMs = resetsAtMs - 1
    assert.equal((await reserve(1, [rolling])).granted, false)
    clock.nowMs = resetsAtMs
    assert.equal((await reserve(1000, [rolling])).granted, true)
  }),

  conformanceCase('counts a late settlement in a rolling window from its reservation on', async (bench) => {
    const rolling = claimOn('tenant:contoso', 1000, { period: { rollingMs: HOUR_MS } })
    const late = await bench.hold(600, [rolling], { leaseMs: DAY_MS })
    bench.clock.nowMs += 2 * HOUR_MS
    assert.equal((await bench.readOne(rolling)).heldNanos, 600)
    await bench.ledger.settle(late, nanos(600))
    const { spentNanos, heldNanos } = await bench.readOne(rolling)
    assert.deepEqual([spentNanos, heldNanos], [0, 0])
  }),
]

/** The period is full at its last millisecond and empty at the next, and says when the next one ends. */
function turnsAt(period: Period & string, lastMoment: string, nextEnd: string): ConformanceCase[] {
  return [
    conformanceCase(`starts a new ${period} after ${lastMoment}`, async ({ ledger, clock, hold, reserve }) => {
      clock.nowMs = Date.parse(lastMoment)
      const claim = claimOn('tenant:contoso', 1000, { period })
      const full = await hold(1000, [claim])
      await ledger.settle(full, nanos(1000))
      const refused = await reserve(1, [claim])
      assert.ok(!refused.granted)
      assert.equal(refused.accounts[0]?.resetsAtMs, clock.nowMs + 1)
      assert.equal((await reserve(1, [claim])).granted, false)

      clock.nowMs += 1
      const granted = await reserve(1000, [claim])
      assert.ok(granted.granted)
      assert.equal(granted.accounts[0]?.resetsAtMs, Date.parse(nextEnd))
      assert.equal(granted.hold.accounts[0]?.periodStartMs, clock.nowMs)
    }),
  ]
}

import assert from 'node:assert/strict'
import {
  type ConformanceCase,
  claimOn,
  conformanceCase,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  nanos,
} from './conformance-case.ts'

const tenant = claimOn('tenant:contoso', 1000)
const rolling = claimOn('tenant:contoso', 1000, { period: { rollingMs: HOUR_MS } })

/** A clock that was wrong for a while neither gives money back nor keeps a budget from starting again. */
export const clocks: readonly ConformanceCase[] = [
  ...[8, 70, 400].map((days) =>
    conformanceCase(`counts on in its period after a clock was ${days} days ahead`, async (bench) => {
      const { ledger, clock, hold, reserve, readOne } = bench
      await ledger.settle(await hold(300, [tenant]), nanos(300))
      clock.nowMs += days * DAY_MS
      await ledger.settle(await hold(150, [tenant]), nanos(150))
      clock.nowMs -= days * DAY_MS
      await ledger.settle(await hold(50, [tenant]), nanos(50))
      const { spentNanos, heldNanos, openHolds, resetsAtMs } = await readOne(tenant)
      assert.deepEqual([spentNanos, heldNanos, openHolds], [500, 0, 0])
      assert.equal(resetsAtMs, Date.parse('2026-04-01T00:00:00Z'))
      assert.equal((await reserve(501, [tenant])).granted, false)
      clock.nowMs += HOUR_MS
      assert.equal((await reserve(1000, [tenant])).granted, true)
    }),
  ),

  conformanceCase('ends the leases that a clock ahead gave, and settles what it held', async (bench) => {
    const { ledger, clock, hold, readOne } = bench
    clock.nowMs += 50 * DAY_MS
    const settled = await hold(100, [tenant])
    await hold(200, [tenant])
    clock.nowMs -= 70 * DAY_MS
    await ledger.settle(settled, nanos(40))
    assert.deepEqual([(await readOne(tenant)).spentNanos, (await readOne(tenant)).heldNanos], [40, 200])
    clock.nowMs += 2 * HOUR_MS
    assert.deepEqual([(await readOne(tenant)).spentNanos, (await readOne(tenant)).heldNanos], [240, 0])
  }),

  conformanceCase(
    'waits for a clock that was set back by a little',
    async ({ ledger, clock, hold, reserve, readOne }) => {
      clock.nowMs = Date.parse('2026-04-01T00:00:01Z')
      await ledger.settle(await hold(1000, [tenant]), nanos(1000))
      clock.nowMs -= 2000
      assert.equal((await reserve(1, [tenant])).granted, false)
      assert.equal((await readOne(tenant)).resetsAtMs, Date.parse('2026-05-01T00:00:00Z'))
    },
  ),

  conformanceCase('frees a rolling window in its time after a clock was ahead', async (bench) => {
    const { ledger, clock, hold, reserve, readOne } = bench
    clock.nowMs += 70 * DAY_MS
    await ledger.settle(await hold(700, [rolling]), nanos(700))
    clock.nowMs -= 70 * DAY_MS
    assert.equal((await readOne(rolling)).spentNanos, 700)
    await ledger.settle(await hold(300, [rolling]), nanos(300))
    assert.equal((await reserve(1, [rolling])).granted, false)
    clock.nowMs += HOUR_MS + 2 * MINUTE_MS
    assert.equal((await reserve(1000, [rolling])).granted, true)
  }),
]

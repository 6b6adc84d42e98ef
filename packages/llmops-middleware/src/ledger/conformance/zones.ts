import assert from 'node:assert/strict'
import type { Period } from '../period.ts'
import { type ConformanceCase, claimOn, conformanceCase, DAY_MS, HOUR_MS, nanos } from './conformance-case.ts'

/** Calendar periods of a time zone begin when its clocks say so. */
export const zones: readonly ConformanceCase[] = [
  ...turnsAt('day@Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'),
  ...turnsAt('day@Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z'),
  ...turnsAt('month@America/New_York', '2026-03-01T05:00:00Z', '2026-04-01T04:00:00Z'),
  ...turnsAt('month@America/New_York', '2026-11-01T04:00:00Z', '2026-12-01T05:00:00Z'),
  ...turnsAt('week@Asia/Kathmandu', '2026-11-22T18:15:00Z', '2026-11-29T18:15:00Z'),
  ...turnsAt('hour@Australia/Lord_Howe', '2026-04-04T14:00:00Z', '2026-04-04T15:30:00Z'),

  conformanceCase('keeps the accounts of two zones apart, and both from that in UTC', async ({ hold, readOne }) => {
    await hold(10, [claimOn('tenant:contoso', 1000, { period: 'day@Europe/Berlin' })])
    for (const period of ['day@Asia/Tokyo', 'day', 'month@Europe/Berlin'] as const) {
      assert.equal((await readOne(claimOn('tenant:contoso', 1000, { period }))).heldNanos, 0)
    }
  }),

  conformanceCase(
    'settles late in the period of a zone that it was reserved in',
    async ({ ledger, clock, hold, readOne }) => {
      clock.nowMs = Date.parse('2026-03-29T21:59:00Z')
      const claim = claimOn('tenant:contoso', 1000, { period: 'day@Europe/Berlin' })
      const late = await hold(300, [claim], { leaseMs: DAY_MS })
      const reservedAtMs = clock.nowMs
      clock.nowMs += HOUR_MS
      await ledger.settle(late, nanos(120))
      assert.equal((await readOne(claim)).spentNanos, 0)
      const { spentNanos, heldNanos, resetsAtMs } = await readOne(claim, reservedAtMs)
      assert.deepEqual([spentNanos, heldNanos, resetsAtMs], [120, 0, Date.parse('2026-03-29T22:00:00Z')])
    },
  ),

  conformanceCase('sets a limit for a period of a zone', async ({ ledger, clock, readOne }) => {
    clock.nowMs = Date.parse('2026-10-25T22:59:59Z')
    const claim = claimOn('tenant:contoso', 1000, { period: 'day@Europe/Berlin' })
    await ledger.setLimit({ ...claim, limitNanos: nanos(5), lasts: 'period' })
    assert.equal((await readOne(claim)).limitNanos, 5)
    clock.nowMs += 1000
    assert.equal((await readOne(claim)).limitNanos, 1000)
  }),

  ...['month@Europe/Atlantis', 'day@', 'year@Europe/Berlin', 'day@Europe/Berlin|1'].map((period) =>
    conformanceCase(`knows no period ${period}`, async ({ reserve }) => {
      const claim = claimOn('tenant:contoso', 1000, { period: period as Period })
      await assert.rejects(reserve(1, [claim]), { code: 'invalid_option', option: 'period' })
    }),
  ),
]

/** The period is full from its first millisecond to its last, and empty at the next. */
function turnsAt(period: Period & string, start: string, end: string): ConformanceCase[] {
  return [
    conformanceCase(`counts a ${period} from ${start} to ${end}`, async ({ ledger, clock, hold, reserve }) => {
      const claim = claimOn('tenant:contoso', 1000, { period })
      clock.nowMs = Date.parse(start) - 1
      await ledger.settle(await hold(1000, [claim]), nanos(1000))
      clock.nowMs += 1
      const held = await hold(1000, [claim])
      assert.equal(held.accounts[0]?.periodStartMs, Date.parse(start))
      await ledger.settle(held, nanos(1000))
      clock.nowMs = Date.parse(end) - 1
      const refused = await reserve(1, [claim])
      assert.ok(!refused.granted)
      assert.equal(refused.accounts[0]?.resetsAtMs, Date.parse(end))
      clock.nowMs += 1
      assert.equal((await reserve(1000, [claim])).granted, true)
    }),
  ]
}

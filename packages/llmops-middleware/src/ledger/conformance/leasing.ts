import assert from 'node:assert/strict'
import { type ConformanceCase, claimOn, conformanceCase, MINUTE_MS, nanos } from './conformance-case.ts'

const tenant = claimOn('tenant:contoso', 1000)

export const leasing: readonly ConformanceCase[] = [
  conformanceCase('charges what a dead caller held, when its lease ends', async ({ clock, hold, readOne }) => {
    await hold(300, [tenant])
    clock.nowMs += MINUTE_MS - 1
    assert.equal((await readOne(tenant)).heldNanos, 300)
    clock.nowMs += 1
    const { spentNanos, heldNanos, openHolds, unknownNanos } = await readOne(tenant)
    assert.deepEqual([spentNanos, heldNanos, openHolds], [300, 0, 0])
    assert.equal(unknownNanos, 300, 'nobody knows what it cost')
  }),

  conformanceCase('gives back what a dead caller held, when told to release', async ({ clock, hold, reserve }) => {
    await hold(1000, [tenant], { leaseEnd: 'release' })
    assert.equal((await reserve(1, [tenant])).granted, false)
    clock.nowMs += MINUTE_MS
    assert.equal((await reserve(1000, [tenant])).granted, true)
  }),

  conformanceCase('keeps a renewed hold', async ({ ledger, clock, hold, readOne }) => {
    const long = await hold(300, [tenant])
    for (let renewal = 0; renewal < 5; renewal += 1) {
      clock.nowMs += MINUTE_MS - 1
      assert.equal(await ledger.renew([long], MINUTE_MS), 1)
    }
    assert.equal((await readOne(tenant)).heldNanos, 300)
    assert.equal((await ledger.settle(long, nanos(10))).outcome, 'settled')
    assert.equal((await readOne(tenant)).spentNanos, 10)
  }),

  conformanceCase('skips what is settled or dead when it renews', async ({ ledger, clock, hold }) => {
    const settled = await hold(100, [tenant])
    const dead = await hold(100, [tenant], { leaseMs: 1000 })
    const open = await hold(100, [tenant])
    await ledger.settle(settled, nanos(1))
    clock.nowMs += 1000
    assert.equal(await ledger.renew([settled, dead, open], MINUTE_MS), 1)
    assert.equal(await ledger.renew([], MINUTE_MS), 0)
  }),

  conformanceCase('ends leases of different lengths each in its time', async ({ clock, hold, readOne }) => {
    await hold(1, [tenant], { leaseMs: 30_000 })
    await hold(10, [tenant], { leaseMs: 10_000 })
    await hold(100, [tenant], { leaseMs: 20_000 })
    const spent: number[] = []
    for (let step = 0; step < 3; step += 1) {
      clock.nowMs += 10_000
      spent.push((await readOne(tenant)).spentNanos)
    }
    assert.deepEqual(spent, [10, 110, 111])
  }),

  conformanceCase('corrects a charged hold to the true cost', async ({ ledger, clock, hold, readOne }) => {
    const late = await hold(300, [tenant])
    clock.nowMs += MINUTE_MS
    assert.equal((await readOne(tenant)).spentNanos, 300)
    assert.equal((await readOne(tenant)).unknownNanos, 300)
    assert.equal((await ledger.settle(late, nanos(120), nanos(20))).outcome, 'settled')
    assert.equal((await readOne(tenant)).spentNanos, 120)
    assert.equal((await readOne(tenant)).unknownNanos, 20, 'now the rest is known')
    assert.equal((await ledger.settle(late, nanos(120))).outcome, 'duplicate')
    assert.equal((await readOne(tenant)).spentNanos, 120)
    assert.equal((await readOne(tenant)).unknownNanos, 20)
  }),

  conformanceCase(
    'knows what a charged hold cost that was worth its hold',
    async ({ ledger, clock, hold, readOne }) => {
      for (const claim of [tenant, claimOn('user:ada', 1000, { period: { rollingMs: 60 * MINUTE_MS } })]) {
        const late = await hold(300, [claim])
        clock.nowMs += MINUTE_MS
        assert.equal((await readOne(claim)).unknownNanos, 300)
        await ledger.settle(late, nanos(300))
        const { spentNanos, unknownNanos } = await readOne(claim)
        assert.deepEqual([spentNanos, unknownNanos], [300, 0])
      }
    },
  ),

  conformanceCase('corrects a released hold to the true cost', async ({ ledger, clock, hold, readOne }) => {
    const late = await hold(300, [tenant], { leaseEnd: 'release' })
    clock.nowMs += MINUTE_MS
    assert.equal((await readOne(tenant)).spentNanos, 0)
    assert.equal((await readOne(tenant)).unknownNanos, 0)
    await ledger.settle(late, nanos(120), nanos(20))
    assert.equal((await readOne(tenant)).spentNanos, 120)
    assert.equal((await readOne(tenant)).unknownNanos, 20)
  }),

  conformanceCase('settles a hold whose lease ended unnoticed', async ({ ledger, clock, hold, readOne }) => {
    const late = await hold(300, [tenant])
    clock.nowMs += 10 * MINUTE_MS
    assert.equal((await ledger.settle(late, nanos(120))).outcome, 'settled')
    const { spentNanos, heldNanos, openHolds } = await readOne(tenant)
    assert.deepEqual([spentNanos, heldNanos, openHolds], [120, 0, 0])
  }),

  conformanceCase('resolves a dead hold on all of its accounts', async ({ clock, hold, readOne }) => {
    const user = claimOn('user:ada', 500, { period: 'day' })
    await hold(300, [tenant, user], { leaseEnd: 'release' })
    clock.nowMs += MINUTE_MS
    assert.equal((await readOne(user)).heldNanos, 0)
    assert.equal((await readOne(tenant)).heldNanos, 0)
  }),

  conformanceCase('reports a notice that a dead hold has passed, at the next settlement', async (bench) => {
    const watched = { ...tenant, noticeShares: [0.5] }
    await bench.hold(600, [watched])
    bench.clock.nowMs += MINUTE_MS
    const { crossed } = await bench.ledger.settle(await bench.hold(1, [watched]), nanos(1))
    assert.deepEqual(
      crossed.map(({ share }) => share),
      [0.5],
    )
  }),

  conformanceCase('does not hold again for an id whose lease ended', async ({ clock, hold, reserve }) => {
    await hold(300, [tenant], { id: 'same' })
    clock.nowMs += MINUTE_MS
    await assert.rejects(reserve(300, [tenant], { id: 'same' }), { code: 'invalid_option', option: 'id' })
  }),
]

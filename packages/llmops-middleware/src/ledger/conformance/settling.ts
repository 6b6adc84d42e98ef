import assert from 'node:assert/strict'
import { type ConformanceCase, claimOn, conformanceCase, HOUR_MS, MINUTE_MS, nanos } from './conformance-case.ts'

const tenant = claimOn('tenant:contoso', 1000)

export const settling: readonly ConformanceCase[] = [
  conformanceCase('turns a hold into what was really spent', async ({ ledger, hold, readOne }) => {
    const { outcome } = await ledger.settle(await hold(300, [tenant]), nanos(120))
    assert.equal(outcome, 'settled')
    const { spentNanos, heldNanos, openHolds } = await readOne(tenant)
    assert.deepEqual([spentNanos, heldNanos, openHolds], [120, 0, 0])
  }),

  conformanceCase('tells apart what was charged without being known', async ({ ledger, hold, readOne }) => {
    await ledger.settle(await hold(300, [tenant]), nanos(120))
    assert.equal((await readOne(tenant)).unknownNanos, 0)
    await ledger.settle(await hold(300, [tenant]), nanos(200), nanos(50))
    await ledger.settle(await hold(300, [tenant]), nanos(7), nanos(7))
    const { spentNanos, unknownNanos } = await readOne(tenant)
    assert.deepEqual([spentNanos, unknownNanos], [327, 57])
    const next = await hold(10, [tenant])
    assert.equal((await readOne(tenant)).unknownNanos, 57, 'a hold changes nothing of it')
    await Promise.all([ledger.settle(next, nanos(3), nanos(3)), ledger.settle(next, nanos(3), nanos(3))])
    assert.equal((await readOne(tenant)).unknownNanos, 60, 'a settlement that comes twice counts once')
  }),

  conformanceCase('tells with each hold what was charged without being known', async ({ ledger, hold, reserve }) => {
    await ledger.settle(await hold(300, [tenant]), nanos(200), nanos(50))
    const { accounts } = await reserve(1, [tenant])
    assert.equal(accounts[0]?.unknownNanos, 50)
  }),

  conformanceCase('begins each period with nothing unknown', async ({ ledger, clock, hold, readOne }) => {
    const before = await hold(200, [tenant])
    await ledger.settle(await hold(300, [tenant]), nanos(100), nanos(100))
    const marchMs = clock.nowMs
    clock.nowMs = Date.parse('2026-04-01T00:00:30Z')
    await ledger.settle(await hold(300, [tenant]), nanos(30), nanos(20))
    await ledger.settle(before, nanos(11), nanos(11))
    assert.equal((await readOne(tenant)).unknownNanos, 20)
    assert.equal((await readOne(tenant, marchMs)).unknownNanos, 111, 'what comes late counts where it was reserved')
    clock.nowMs = Date.parse('2026-05-01T00:00:30Z')
    assert.equal((await readOne(tenant)).unknownNanos, 0)
  }),

  conformanceCase('forgets with a rolling window what was unknown in it', async ({ ledger, clock, hold, readOne }) => {
    const rolling = claimOn('user:ada', 1000, { period: { rollingMs: HOUR_MS } })
    await ledger.settle(await hold(300, [rolling]), nanos(100), nanos(100))
    clock.nowMs += HOUR_MS / 2
    await ledger.settle(await hold(300, [rolling]), nanos(40), nanos(30))
    assert.equal((await readOne(rolling)).unknownNanos, 130)
    clock.nowMs += HOUR_MS / 2 + 2 * MINUTE_MS
    assert.equal((await readOne(rolling)).unknownNanos, 30)
    await ledger.settle(await hold(300, [rolling]), nanos(5), nanos(5))
    assert.equal((await readOne(rolling)).unknownNanos, 35)
    clock.nowMs += HOUR_MS / 2
    assert.equal((await readOne(rolling)).unknownNanos, 5)
  }),

  conformanceCase('releases a hold that is settled with 0', async ({ ledger, hold, readOne }) => {
    await ledger.settle(await hold(300, [tenant]), nanos(0))
    const { spentNanos, heldNanos } = await readOne(tenant)
    assert.deepEqual([spentNanos, heldNanos], [0, 0])
  }),

  conformanceCase('counts a cost above the hold in full', async ({ ledger, hold, reserve, readOne }) => {
    await ledger.settle(await hold(1000, [tenant]), nanos(1100))
    assert.equal((await readOne(tenant)).spentNanos, 1100)
    assert.equal((await reserve(1, [tenant])).granted, false)
  }),

  conformanceCase('counts a settlement that comes twice once', async ({ ledger, hold, readOne }) => {
    const first = await hold(300, [tenant])
    const outcomes = await Promise.all([ledger.settle(first, nanos(120)), ledger.settle(first, nanos(250))])
    assert.deepEqual(outcomes.map(({ outcome }) => outcome).sort(), ['duplicate', 'settled'])
    assert.ok([120, 250].includes((await readOne(tenant)).spentNanos))
    assert.equal((await readOne(tenant)).heldNanos, 0)
  }),

  conformanceCase('settles on every account of the hold', async ({ ledger, hold, readOne }) => {
    const user = claimOn('user:ada', 500, { period: 'week' })
    await ledger.settle(await hold(300, [tenant, user]), nanos(120))
    assert.equal((await readOne(tenant)).spentNanos, 120)
    assert.equal((await readOne(user)).spentNanos, 120)
  }),

  conformanceCase('takes a hold that went through JSON', async ({ ledger, hold, readOne }) => {
    const journaled = JSON.parse(JSON.stringify(await hold(300, [tenant])))
    assert.equal((await ledger.settle(journaled, nanos(120))).outcome, 'settled')
    assert.equal((await readOne(tenant)).spentNanos, 120)
  }),

  conformanceCase('counts a hold it has no record of, once', async ({ ledger, clock, readOne }) => {
    const lost = {
      id: 'lost',
      amountNanos: nanos(300),
      reservedAtMs: clock.nowMs,
      accounts: [{ ...tenant, periodStartMs: Date.parse('2026-03-01T00:00:00Z') }],
    }
    assert.equal((await ledger.settle(lost, nanos(120), nanos(20))).outcome, 'restored')
    assert.equal((await ledger.settle(lost, nanos(120), nanos(20))).outcome, 'duplicate')
    const { spentNanos, heldNanos, openHolds, unknownNanos } = await readOne(tenant)
    assert.deepEqual([spentNanos, heldNanos, openHolds, unknownNanos], [120, 0, 0, 20])
  }),

  conformanceCase('reports each notice once, when the spend passes it', async ({ ledger, hold }) => {
    const watched = { ...tenant, noticeShares: [0.5, 0.8] }
    const shares: number[][] = []
    for (const amount of [499, 1, 100, 300, 50]) {
      const { crossed } = await ledger.settle(await hold(amount, [watched]), nanos(amount))
      shares.push(crossed.map(({ share }) => share))
    }
    assert.deepEqual(shares, [[], [0.5], [], [0.8], []])
  }),

  conformanceCase('reports every notice that one settlement passes, for each account', async ({ ledger, hold }) => {
    const watched = { ...tenant, noticeShares: [0.5, 0.8] }
    const user = claimOn('user:ada', 1800, { noticeShares: [0.5, 0.9] })
    const { crossed } = await ledger.settle(await hold(900, [watched, user]), nanos(900))
    assert.deepEqual(
      crossed.map(({ account, share }) => [account, share]),
      [
        ['tenant:contoso', 0.5],
        ['tenant:contoso', 0.8],
        ['user:ada', 0.5],
      ],
    )
  }),
]

import assert from 'node:assert/strict'
import { type ConformanceCase, claimOn, conformanceCase, nanos } from './conformance-case.ts'

const tenant = claimOn('tenant:contoso', 1000)

export const settling: readonly ConformanceCase[] = [
  conformanceCase('turns a hold into what was really spent', async ({ ledger, hold, readOne }) => {
    const { outcome } = await ledger.settle(await hold(300, [tenant]), nanos(120))
    assert.equal(outcome, 'settled')
    const { spentNanos, heldNanos, openHolds } = await readOne(tenant)
    assert.deepEqual([spentNanos, heldNanos, openHolds], [120, 0, 0])
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
    assert.equal((await ledger.settle(lost, nanos(120))).outcome, 'restored')
    assert.equal((await ledger.settle(lost, nanos(120))).outcome, 'duplicate')
    const { spentNanos, heldNanos, openHolds } = await readOne(tenant)
    assert.deepEqual([spentNanos, heldNanos, openHolds], [120, 0, 0])
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

import assert from 'node:assert/strict'
import type { Period } from '../period.ts'
import { type ConformanceCase, claimOn, conformanceCase, MINUTE_MS, nanos } from './conformance-case.ts'

const tenant = claimOn('tenant:contoso', 1000)

export const badInput: readonly ConformanceCase[] = [
  ...[-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53].map((amount) =>
    conformanceCase(`takes no amount of ${amount} nano-USD, anywhere`, async ({ ledger, hold, reserve, readOne }) => {
      const invalid = { code: 'invalid_option' }
      await assert.rejects(reserve(amount, [tenant]), invalid)
      await assert.rejects(reserve(1, [claimOn('tenant:contoso', amount)]), invalid)
      const open = await hold(10, [tenant])
      await assert.rejects(async () => ledger.settle(open, nanos(amount)), invalid)
      await assert.rejects(
        async () => ledger.setLimit({ ...tenant, limitNanos: nanos(amount), lasts: 'always' }),
        invalid,
      )
      const { spentNanos, heldNanos, limitNanos } = await readOne(tenant)
      assert.deepEqual([spentNanos, heldNanos, limitNanos], [0, 10, 1000])
    }),
  ),

  ...[-1, 0.5, Number.NaN, 11].map((unknown) =>
    conformanceCase(`takes no ${unknown} of 10 nano-USD for unknown`, async ({ ledger, hold, readOne }) => {
      const open = await hold(10, [tenant])
      const invalid = { code: 'invalid_option', option: 'unknownNanos' }
      await assert.rejects(async () => ledger.settle(open, nanos(10), nanos(unknown)), invalid)
      assert.equal((await readOne(tenant)).heldNanos, 10)
    }),
  ),

  ...['year', '', { rollingMs: 10 }, { rollingMs: 1e15 }, null].map((period) =>
    conformanceCase(`knows no period ${JSON.stringify(period)}`, async ({ reserve }) => {
      const claim = { ...tenant, period: period as Period }
      await assert.rejects(reserve(1, [claim]), { code: 'invalid_option', option: /^period/ })
    }),
  ),

  conformanceCase('takes no request that nobody pays, or that offers nothing', async ({ reserve }) => {
    await assert.rejects(reserve(1, []), { code: 'invalid_option', option: 'claims' })
    await assert.rejects(reserve(1, [tenant], { offers: [] }), { code: 'invalid_option', option: 'offers' })
    await assert.rejects(reserve(1, [claimOn('', 10)]), { code: 'invalid_option', option: 'account' })
  }),

  conformanceCase('takes no account twice in one step', async ({ reserve }) => {
    await assert.rejects(reserve(1, [tenant, { ...tenant }]), { code: 'invalid_option', option: 'claims' })
  }),

  conformanceCase('takes no floor above the amount, and no share outside of 0 to 1', async ({ reserve }) => {
    const offer = { amountNanos: nanos(10), floorNanos: nanos(11) }
    await assert.rejects(reserve(0, [tenant], { offers: [offer] }), { option: 'floorNanos' })
    const closed = { amountNanos: nanos(10), floorNanos: nanos(10), belowShare: 0 }
    await assert.rejects(reserve(0, [tenant], { offers: [closed] }), { option: 'belowShare' })
    const greedy = { amountNanos: nanos(10), floorNanos: nanos(10), leavesNanos: nanos(-1) }
    await assert.rejects(reserve(0, [tenant], { offers: [greedy] }), { option: 'leavesNanos' })
    await assert.rejects(reserve(1, [tenant], { contendedShare: 1.5 }), { option: 'contendedShare' })
    await assert.rejects(reserve(1, [tenant], { whenHeld: 'sigh' as 'wait' }), { option: 'whenHeld' })
    await assert.rejects(reserve(1, [{ ...tenant, noticeShares: [80] }]), { option: 'noticeShares' })
  }),

  conformanceCase('takes no lease without an end', async ({ ledger, reserve }) => {
    for (const leaseMs of [0, -MINUTE_MS, Number.POSITIVE_INFINITY]) {
      await assert.rejects(reserve(1, [tenant], { leaseMs }), { code: 'invalid_option', option: 'leaseMs' })
      await assert.rejects(async () => ledger.renew([], leaseMs), { code: 'invalid_option', option: 'leaseMs' })
    }
  }),
]

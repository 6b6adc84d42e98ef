import assert from 'node:assert/strict'
import type { Claim } from '../ledger.ts'
import {
  type ConformanceCase,
  claimOn,
  conformanceCase,
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  nanos,
} from './conformance-case.ts'

/** What an earlier release claims for a user of a tenant: an account for all users of that id. */
const before = {
  tenant: claimOn('tenant:contoso', 1000),
  user: claimOn('user:1', 100),
}

/** What this release claims for the same. */
const tenantOf = (name: string): Claim => claimOn(`tenant:${name}`, 1000, { formerly: `tenant:${name}` })
const userOf = (name: string): Claim => claimOn(`user@${name}:1`, 100, { formerly: 'user:1' })
const claimsOf = (name: string): readonly Claim[] => [tenantOf(name), userOf(name)]

/** Accounts of scopes were of no tenant once: `formerly` names them, and both must pay while a period of then runs. */
export const releases: readonly ConformanceCase[] = [
  conformanceCase('keeps the scopes of two tenants apart where no earlier release was', async (bench) => {
    const { ledger, hold, reserve, readOne } = bench
    await ledger.settle(await hold(100, claimsOf('contoso')), nanos(100))
    assert.equal((await reserve(1, claimsOf('contoso'))).granted, false)
    const other = await hold(100, claimsOf('fabrikam'))
    assert.deepEqual(
      other.accounts.map(({ account }) => account),
      ['tenant:fabrikam', 'user@fabrikam:1'],
    )
    assert.equal((await readOne(before.user)).spentNanos, 0)
  }),

  conformanceCase('spends no scope twice in a period that an earlier release began', async (bench) => {
    const { ledger, hold, reserve, readOne } = bench
    await ledger.settle(await hold(60, [before.tenant, before.user]), nanos(60))
    const refused = await reserve(41, claimsOf('contoso'))
    assert.ok(!refused.granted)
    assert.deepEqual([refused.refusedBy, refused.reason], [2, 'spent'])
    assert.deepEqual([refused.accounts[2]?.account, refused.accounts[2]?.spentNanos], ['user:1', 60])

    const held = await hold(40, claimsOf('contoso'))
    assert.deepEqual(
      held.accounts.map(({ account }) => account),
      ['tenant:contoso', 'user@contoso:1', 'user:1'],
    )
    assert.equal((await readOne(before.user)).heldNanos, 40)
    await ledger.settle(held, nanos(30))
    assert.deepEqual([(await readOne(before.user)).spentNanos, (await readOne(before.user)).heldNanos], [90, 0])
    assert.equal((await readOne(userOf('contoso'))).spentNanos, 30)
    assert.equal((await readOne(tenantOf('contoso'))).spentNanos, 90)
  }),

  conformanceCase(
    'lets an earlier release see after a swap back what was spent, on accounts that are new too',
    async (bench) => {
      const { ledger, hold, reserve, readOne } = bench
      await ledger.settle(await hold(1, [before.tenant]), nanos(1))
      await ledger.settle(await hold(70, claimsOf('contoso')), nanos(70))
      assert.equal((await readOne(before.user)).spentNanos, 70)
      assert.equal((await reserve(31, [before.tenant, before.user])).granted, false)
      await ledger.settle(await hold(30, [before.tenant, before.user]), nanos(30))
      assert.equal((await reserve(1, claimsOf('contoso'))).granted, false)
    },
  ),

  conformanceCase('minds an earlier release that spends beside this one', async ({ ledger, hold, reserve }) => {
    await ledger.settle(await hold(1, [before.tenant, before.user]), nanos(1))
    for (let round = 0; round < 33; round += 1) {
      await ledger.settle(await hold(2, claimsOf('contoso')), nanos(2))
      await ledger.settle(await hold(1, [before.tenant, before.user]), nanos(1))
    }
    assert.equal((await reserve(1, claimsOf('contoso'))).granted, false)
    assert.equal((await reserve(1, [before.tenant, before.user])).granted, false)
  }),

  conformanceCase(
    'takes a tenant that an earlier release never saw at its own account and the shared one',
    async (bench) => {
      const { hold, reserve } = bench
      await hold(80, [before.tenant, before.user])
      const refused = await reserve(21, claimsOf('fabrikam'))
      assert.ok(!refused.granted)
      assert.equal(refused.accounts[refused.refusedBy]?.account, 'user:1')
      assert.equal((await reserve(20, claimsOf('fabrikam'))).granted, true)
    },
  ),

  conformanceCase('gives each tenant its own scopes as soon as the next period begins', async (bench) => {
    const { ledger, clock, hold, reserve, readOne } = bench
    await ledger.settle(await hold(100, [before.tenant, before.user]), nanos(100))
    assert.equal((await reserve(1, claimsOf('contoso'))).granted, false)
    clock.nowMs += HOUR_MS
    const held = await hold(100, claimsOf('contoso'))
    assert.equal(held.accounts.length, 2)
    assert.equal((await reserve(100, claimsOf('fabrikam'))).granted, true)
    assert.equal((await readOne(before.user)).heldNanos, 0)
  }),

  conformanceCase('settles what outlives the shared period in that period, on all accounts', async (bench) => {
    const { ledger, clock, hold, readOne } = bench
    await hold(1, [before.tenant], { leaseMs: DAY_MS })
    const late = await hold(50, claimsOf('contoso'), { leaseMs: DAY_MS })
    const reservedAtMs = clock.nowMs
    clock.nowMs += HOUR_MS
    assert.equal((await ledger.settle(late, nanos(20))).outcome, 'settled')
    assert.equal((await readOne(before.user, reservedAtMs)).spentNanos, 20)
    assert.equal((await readOne(userOf('contoso'), reservedAtMs)).spentNanos, 20)
    assert.equal((await readOne(before.user)).spentNanos, 0)
    assert.equal((await hold(100, claimsOf('contoso'))).accounts.length, 2)
  }),

  conformanceCase('resolves the leases of shared holds on all accounts', async ({ clock, hold, readOne }) => {
    await hold(1, [before.tenant])
    await hold(50, claimsOf('contoso'))
    clock.nowMs += MINUTE_MS
    assert.deepEqual([(await readOne(before.user)).spentNanos, (await readOne(before.user)).heldNanos], [50, 0])
    assert.equal((await readOne(userOf('contoso'))).spentNanos, 50)
  }),

  conformanceCase('holds once for a shared request that comes twice', async ({ hold, readOne }) => {
    await hold(1, [before.tenant])
    const one = await hold(50, claimsOf('contoso'), { id: 'same' })
    const again = await hold(50, claimsOf('contoso'), { id: 'same' })
    assert.deepEqual(again, one)
    assert.equal((await readOne(before.user)).heldNanos, 50)
  }),

  conformanceCase('reports no notice of a former account', async ({ ledger, hold }) => {
    await hold(1, [before.tenant])
    const watched = claimsOf('contoso').map((claim) => ({ ...claim, noticeShares: [0.5] }))
    const { crossed } = await ledger.settle(await hold(60, watched), nanos(60))
    assert.deepEqual(
      crossed.map(({ account }) => account),
      ['user@contoso:1'],
    )
  }),

  conformanceCase(
    'shares rolling windows for one window, from where an earlier release was last met',
    async (bench) => {
      const { ledger, clock, hold, reserve } = bench
      const period = { rollingMs: HOUR_MS }
      const roll = (claims: readonly Claim[]) => claims.map((claim) => ({ ...claim, period }))
      await ledger.settle(await hold(60, roll([before.tenant, before.user])), nanos(60))
      assert.equal((await reserve(41, roll(claimsOf('contoso')))).granted, false)
      assert.equal((await hold(40, roll(claimsOf('contoso')))).accounts.length, 3)
      clock.nowMs += 2 * HOUR_MS
      assert.equal((await hold(100, roll(claimsOf('contoso')))).accounts.length, 2)
      assert.equal((await reserve(100, roll(claimsOf('fabrikam')))).granted, true)
    },
  ),

  conformanceCase('takes the limit that was set for a former account while it is shared', async (bench) => {
    const { ledger, hold, reserve } = bench
    await hold(1, [before.tenant])
    await ledger.setLimit({ account: 'user:1', period: 'month', limitNanos: nanos(10), lasts: 'always' })
    assert.equal((await reserve(11, claimsOf('contoso'))).granted, false)
    assert.equal((await reserve(10, claimsOf('contoso'))).granted, true)
  }),
]

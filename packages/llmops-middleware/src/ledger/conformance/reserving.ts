import assert from 'node:assert/strict'
import { type ConformanceCase, claimOn, conformanceCase, nanos } from './conformance-case.ts'

const tenant = claimOn('tenant:contoso', 1000)

export const reserving: readonly ConformanceCase[] = [
  conformanceCase('holds what a call may cost, and shows it', async ({ hold, readOne }) => {
    const { amountNanos, accounts } = await hold(300, [tenant])
    assert.equal(amountNanos, 300)
    assert.equal(accounts[0]?.account, tenant.account)
    const state = await readOne(tenant)
    assert.deepEqual(
      [state.spentNanos, state.heldNanos, state.openHolds, state.limitNanos],
      [0, 300, 1, 1000],
      'spent, held, open holds and limit',
    )
  }),

  conformanceCase('admits a call that takes the last nano-USD, and refuses one that passes it', async (bench) => {
    await bench.hold(999, [tenant])
    assert.equal((await bench.reserve(2, [tenant])).granted, false)
    assert.equal((await bench.reserve(1, [tenant])).granted, true)
    assert.equal((await bench.reserve(1, [tenant])).granted, false)
  }),

  conformanceCase('admits exactly as many of many simultaneous calls as the limit pays for', async (bench) => {
    const results = await Promise.all(Array.from({ length: 200 }, () => bench.reserve(10, [tenant])))
    assert.equal(results.filter((result) => result.granted).length, 100)
    assert.equal((await bench.readOne(tenant)).heldNanos, 1000)
  }),

  conformanceCase('says whether spent money or open holds are in the way', async ({ ledger, hold, reserve }) => {
    const first = await hold(600, [tenant])
    const refusedByHold = await reserve(500, [tenant])
    assert.ok(!refusedByHold.granted)
    assert.equal(refusedByHold.reason, 'held')

    await ledger.settle(first, nanos(600))
    const refusedBySpend = await reserve(500, [tenant])
    assert.ok(!refusedBySpend.granted)
    assert.equal(refusedBySpend.reason, 'spent')
    assert.equal(refusedBySpend.accounts[0]?.spentNanos, 600)
    assert.equal(refusedBySpend.accounts[0]?.resetsAtMs, Date.parse('2026-04-01T00:00:00Z'))
  }),

  conformanceCase('holds on every account or on none', async ({ reserve, readOne }) => {
    const user = claimOn('user:ada', 100, { period: 'day' })
    const refused = await reserve(200, [tenant, user])
    assert.ok(!refused.granted)
    assert.equal(refused.refusedBy, 1)
    assert.equal((await readOne(tenant)).heldNanos, 0)

    assert.equal((await reserve(100, [tenant, user])).granted, true)
    assert.equal((await readOne(tenant)).heldNanos, 100)
    assert.equal((await readOne(user)).heldNanos, 100)
  }),

  conformanceCase('names the account that waiting cannot help, when several refuse', async (bench) => {
    const user = claimOn('user:ada', 100)
    await bench.hold(900, [tenant])
    const refused = await bench.reserve(200, [tenant, user])
    assert.ok(!refused.granted)
    assert.deepEqual([refused.refusedBy, refused.reason], [1, 'spent'])
  }),

  conformanceCase('keeps one account with two periods as two accounts', async ({ hold, reserve, readOne }) => {
    const hourly = claimOn(tenant.account, 300, { period: 'hour' })
    await hold(300, [tenant, hourly])
    assert.equal((await reserve(1, [tenant, hourly])).granted, false)
    assert.equal((await reserve(1, [tenant])).granted, true)
    assert.equal((await readOne(hourly)).heldNanos, 300)
    assert.equal((await readOne(tenant)).heldNanos, 301)
  }),

  conformanceCase('clamps a hold to what remains, down to its floor', async ({ hold, reserve }) => {
    await hold(700, [tenant])
    const offers = [{ amountNanos: nanos(800), floorNanos: nanos(200) }]
    const clamped = await reserve(0, [tenant], { offers })
    assert.ok(clamped.granted)
    assert.equal(clamped.hold.amountNanos, 300)
    assert.equal((await reserve(0, [tenant], { offers })).granted, false)
  }),

  conformanceCase('tries the offers in order, and says which one it took', async ({ hold, reserve }) => {
    await hold(700, [tenant])
    const result = await reserve(0, [tenant], {
      offers: [
        { amountNanos: nanos(800), floorNanos: nanos(400) },
        { amountNanos: nanos(80), floorNanos: nanos(40) },
      ],
    })
    assert.ok(result.granted)
    assert.deepEqual([result.offer, result.hold.amountNanos], [1, 80])
  }),

  conformanceCase('closes an offer once its share of the limit is spent, held money aside', async (bench) => {
    const offers = [
      { amountNanos: nanos(50), floorNanos: nanos(50), belowShare: 0.8 },
      { amountNanos: nanos(5), floorNanos: nanos(5) },
    ]
    const first = await bench.hold(800, [tenant])
    const whileHeld = await bench.reserve(0, [tenant], { offers })
    assert.ok(whileHeld.granted)
    assert.equal(whileHeld.offer, 0)

    await bench.ledger.settle(first, nanos(800))
    const onceSpent = await bench.reserve(0, [tenant], { offers })
    assert.ok(onceSpent.granted)
    assert.equal(onceSpent.offer, 1)
  }),

  conformanceCase('takes an offer only where it leaves enough for others, and waits for none such', async (bench) => {
    const offers = [
      { amountNanos: nanos(400), floorNanos: nanos(400), leavesNanos: nanos(300) },
      { amountNanos: nanos(100), floorNanos: nanos(50) },
    ]
    const taken: [number, number][] = []
    for (let call = 0; call < 3; call += 1) {
      const result = await bench.reserve(0, [tenant], { offers, whenHeld: 'wait' })
      assert.ok(result.granted)
      taken.push([result.offer, result.hold.amountNanos])
    }
    // 1,000 leaves 600, which is enough; 600 would leave 200, though it is held and not spent.
    assert.deepEqual(taken, [
      [0, 400],
      [1, 100],
      [1, 100],
    ])
    const exact = { amountNanos: nanos(300), floorNanos: nanos(300), leavesNanos: nanos(100) }
    const greedy = { ...exact, leavesNanos: nanos(101) }
    const last = await bench.reserve(0, [tenant], { offers: [greedy, exact], whenHeld: 'wait' })
    assert.ok(last.granted)
    assert.equal(last.offer, 1)
  }),

  conformanceCase(
    'takes no such offer beyond the contended share, nor where any account is closed to it',
    async (bench) => {
      const user = claimOn('user:ada', 600)
      const offers = [
        { amountNanos: nanos(400), floorNanos: nanos(400), leavesNanos: nanos(300) },
        { amountNanos: nanos(100), floorNanos: nanos(50) },
      ]
      const both = await bench.reserve(0, [tenant, user], { offers })
      assert.ok(both.granted)
      assert.equal(both.offer, 1)
      const shared = await bench.reserve(0, [tenant], { offers, contendedShare: 0.4 })
      assert.ok(shared.granted)
      assert.equal(shared.offer, 1)
      const free = { amountNanos: nanos(0), floorNanos: nanos(0), leavesNanos: nanos(2000) }
      assert.equal((await bench.reserve(0, [tenant], { offers: [free] })).granted, true)
    },
  ),

  conformanceCase('grants what costs nothing whatever was spent and held, unless it is closed', async (bench) => {
    const user = claimOn('user:ada', 0)
    await bench.hold(200, [tenant])
    await bench.ledger.settle(await bench.hold(800, [tenant]), nanos(1400))
    const free = { amountNanos: nanos(0), floorNanos: nanos(0) }
    const granted = await bench.reserve(0, [tenant, user], { offers: [{ ...free, belowShare: 0.8 }, free] })
    assert.ok(granted.granted)
    assert.deepEqual([granted.offer, granted.hold.amountNanos], [1, 0])
    assert.equal((await bench.reserve(0, [tenant, user], { offers: [{ ...free, belowShare: 0.8 }] })).granted, false)
    assert.equal((await bench.reserve(1, [tenant])).granted, false)
    // What it came to after all is counted.
    await bench.ledger.settle(granted.hold, nanos(7))
    assert.equal((await bench.readOne(user)).spentNanos, 7)
    assert.equal((await bench.readOne(tenant)).spentNanos, 1407)
  }),

  conformanceCase('says that waiting helps, rather than clamp to what open holds leave', async (bench) => {
    const offers = [
      { amountNanos: nanos(800), floorNanos: nanos(10) },
      { amountNanos: nanos(20), floorNanos: nanos(20) },
    ]
    const first = await bench.hold(300, [tenant])
    const waits = await bench.reserve(0, [tenant], { offers, whenHeld: 'wait' })
    assert.ok(!waits.granted)
    assert.deepEqual([waits.refusedBy, waits.reason], [0, 'held'])
    const clamped = await bench.reserve(0, [tenant], { offers, whenHeld: 'clamp' })
    assert.ok(clamped.granted)
    assert.deepEqual([clamped.offer, clamped.hold.amountNanos], [0, 700])
    await bench.ledger.settle(clamped.hold, nanos(0))

    // Nobody gives back what is spent.
    await bench.ledger.settle(first, nanos(300))
    const spent = await bench.reserve(0, [tenant], { offers, whenHeld: 'wait' })
    assert.ok(spent.granted)
    assert.deepEqual([spent.offer, spent.hold.amountNanos], [0, 700])
  }),

  conformanceCase('goes on to the next offer for want of money, whatever is held', async (bench) => {
    const offers = [
      { amountNanos: nanos(400), floorNanos: nanos(400) },
      { amountNanos: nanos(50), floorNanos: nanos(50) },
    ]
    await bench.ledger.settle(await bench.hold(700, [tenant]), nanos(700))
    await bench.hold(200, [tenant])
    const next = await bench.reserve(0, [tenant], { offers, whenHeld: 'wait' })
    assert.ok(next.granted)
    assert.equal(next.offer, 1)
  }),

  conformanceCase('shares what remains among parallel calls instead of pinning it', async (bench) => {
    const offers = [{ amountNanos: nanos(1000), floorNanos: nanos(10) }]
    const amounts: number[] = []
    await bench.hold(200, [tenant])
    for (let call = 0; call < 3; call += 1) {
      const { amountNanos } = await bench.hold(0, [tenant], { offers, contendedShare: 0.5 })
      amounts.push(amountNanos)
    }
    assert.deepEqual(amounts, [400, 200, 100])
  }),

  conformanceCase('gives a single call all that remains, whatever the contended share', async ({ hold }) => {
    const offers = [{ amountNanos: nanos(5000), floorNanos: nanos(10) }]
    assert.equal((await hold(0, [tenant], { offers, contendedShare: 0.5 })).amountNanos, 1000)
  }),

  conformanceCase('never clamps below the floor because of the contended share', async ({ hold }) => {
    await hold(200, [tenant])
    const offers = [{ amountNanos: nanos(900), floorNanos: nanos(700) }]
    assert.equal((await hold(0, [tenant], { offers, contendedShare: 0.5 })).amountNanos, 700)
  }),

  conformanceCase('gives the same hold for the same id', async ({ hold, readOne }) => {
    const first = await hold(300, [tenant], { id: 'same' })
    const again = await hold(300, [tenant], { id: 'same' })
    assert.deepEqual(again, first)
    assert.equal((await readOne(tenant)).heldNanos, 300)
  }),

  conformanceCase('refuses to hold again for an id that was settled', async ({ ledger, hold, reserve }) => {
    await ledger.settle(await hold(300, [tenant], { id: 'same' }), nanos(300))
    await assert.rejects(reserve(300, [tenant], { id: 'same' }), { code: 'invalid_option', option: 'id' })
  }),

  conformanceCase('counts amounts up to 2^53 - 1 exactly', async ({ ledger, hold, readOne }) => {
    const large = claimOn('tenant:large', Number.MAX_SAFE_INTEGER)
    const first = await hold(Number.MAX_SAFE_INTEGER - 1, [large])
    await hold(1, [large])
    assert.equal((await readOne(large)).heldNanos, Number.MAX_SAFE_INTEGER)
    await ledger.settle(first, nanos(Number.MAX_SAFE_INTEGER - 2))
    assert.equal((await readOne(large)).spentNanos, Number.MAX_SAFE_INTEGER - 2)
  }),

  conformanceCase('keeps accounts apart whose names hold separators or are not ASCII', async ({ hold, readOne }) => {
    const names = ['a:b', 'a', 'a}b{', 'ü{c}', 'a b\n', '__proto__', '%s*']
    for (const [index, name] of names.entries()) await hold(index + 1, [claimOn(name, 1000)])
    for (const [index, name] of names.entries()) {
      assert.equal((await readOne(claimOn(name, 1000))).heldNanos, index + 1, name)
    }
  }),
]

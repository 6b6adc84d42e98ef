import { describe, expect, it } from 'vitest'
import { remoteLedger } from '../../test/support/remote-ledger.ts'
import { InvalidOptionError } from '../errors.ts'
import { UnknownModelPriceError } from '../pricing/index.ts'
import { Budget } from './budget.ts'
import { type Admission, BudgetBreaker, type BudgetOptions, memoryLedger, type Reservation } from './index.ts'

/** gpt-4o: $2.50 and $10 a million tokens. One call of 1,000 in and 750 out is one cent. */
const CENT = { tenant: 'contoso', model: 'gpt-4o', inputTokens: 1000, maxOutputTokens: 750 }
const CENT_USED = { inputTokens: 1000, outputTokens: 750 }

function budgetOf(limitUsd: BudgetOptions['limitUsd'], over: Partial<BudgetOptions> = {}) {
  return new BudgetBreaker({ limitUsd, waitForHoldsMs: 0, ...over })
}

async function spend(budget: BudgetBreaker, cents: number): Promise<void> {
  for (let spent = 0; spent < cents; spent++) await granted(await budget.reserve(CENT)).settle(CENT_USED)
}

function granted(admission: Admission): Reservation {
  if (!admission.granted) throw new Error(`refused: ${JSON.stringify(admission)}`)
  return admission
}

describe('a budget', () => {
  it('holds the worst case, then counts what was used', async () => {
    const budget = budgetOf(1)
    const call = granted(await budget.reserve(CENT))
    expect(await budget.read('contoso')).toMatchObject({ spentUsd: 0, heldUsd: 0.01, limitUsd: 1 })
    await call.settle({ inputTokens: 800, outputTokens: 100 })
    expect(await budget.read('contoso')).toMatchObject({ spentUsd: 0.003, heldUsd: 0 })
  })

  it('releases the whole hold if nothing was used', async () => {
    const budget = budgetOf(1)
    await granted(await budget.reserve(CENT)).release()
    expect(await budget.read('contoso')).toMatchObject({ spentUsd: 0, heldUsd: 0 })
  })

  it('counts a call once, however often it is settled', async () => {
    const budget = budgetOf(1)
    const call = granted(await budget.reserve(CENT))
    await call.settle(CENT_USED)
    await call.settle(CENT_USED)
    await call.release()
    expect(await budget.read('contoso')).toMatchObject({ spentUsd: 0.01 })
  })

  it('refuses a call that would pass the limit, and says why and when it resets', async () => {
    const budget = budgetOf(0.05, { period: 'month', ledger: memoryLedger({ now: () => Date.UTC(2026, 10, 24) }) })
    await spend(budget, 5)
    expect(await budget.reserve(CENT)).toEqual({
      granted: false,
      decision: 'block',
      reason: 'spent',
      scope: 'tenant:contoso',
      spentUsd: 0.05,
      heldUsd: 0,
      limitUsd: 0.05,
      neededUsd: 0.00314,
      leftUsd: 0,
      resetsAt: new Date('2026-12-01T00:00:00Z'),
    })
  })

  it('never lets parallel calls pass the limit together', async () => {
    const budget = budgetOf(0.1, { contendedShare: 1 })
    const admissions = await Promise.all(Array.from({ length: 50 }, () => budget.reserve(CENT)))
    expect(admissions.filter((admission) => admission.granted)).toHaveLength(10)
    expect(await budget.read('contoso')).toMatchObject({ heldUsd: 0.1 })
  })

  it('spends to the last cent: a cap that no longer fits is cut to what the remainder buys', async () => {
    const budget = budgetOf(0.015)
    await spend(budget, 1)
    const call = granted(await budget.reserve(CENT))
    expect(call).toMatchObject({ decision: 'allow', model: 'gpt-4o', maxOutputTokens: 250, heldUsd: 0.005 })
  })

  it('answers on the cheaper model from its share of the limit on', async () => {
    const budget = budgetOf(0.1, { downshift: { to: { 'gpt-4o': 'gpt-4o-mini' } } })
    await spend(budget, 7)
    expect(await budget.evaluate('contoso')).toBe('allow')
    await spend(budget, 1)
    expect(await budget.evaluate('contoso')).toBe('downshift')
    expect(granted(await budget.reserve(CENT))).toMatchObject({ decision: 'downshift', model: 'gpt-4o-mini' })
  })

  it('answers on the cheaper model where only that can be paid', async () => {
    const budget = budgetOf(0.0027, { downshift: { to: { 'gpt-4o': 'gpt-4o-mini' } } })
    expect(granted(await budget.reserve(CENT))).toMatchObject({ model: 'gpt-4o-mini', maxOutputTokens: 750 })
  })

  it('blocks at its limit', async () => {
    const budget = budgetOf(0.05, { downshift: { to: { 'gpt-4o': 'gpt-4o-mini' } } })
    await spend(budget, 4)
    await granted(await budget.reserve(CENT)).settleNanos(10_000_000 as never)
    expect(await budget.evaluate('contoso')).toBe('block')
    expect((await budget.reserve(CENT)).granted).toBe(false)
  })

  it('sets a cap where the request has none', async () => {
    const budget = budgetOf(1, { defaultMaxOutputTokens: 300 })
    expect(await budget.reserve({ ...CENT, maxOutputTokens: undefined })).toMatchObject({ maxOutputTokens: 300 })
  })

  it('of $25 that is shared is not pinned by 20 parallel calls of 64k tokens each', async () => {
    const budget = budgetOf(25, { contendedShare: 0.125 })
    const big = { tenant: 'contoso', model: 'claude-opus-4-1', inputTokens: 2000, maxOutputTokens: 64_000 }
    const calls = await Promise.all(Array.from({ length: 20 }, () => budget.reserve(big)))
    for (const call of calls) expect(granted(call).maxOutputTokens).toBeGreaterThan(2000)
    const { heldUsd } = await budget.read('contoso')
    expect(heldUsd).toBeLessThanOrEqual(25)
  })

  it('makes a call wait for the holds that block it', async () => {
    const budget = budgetOf(0.01, { waitForHoldsMs: 60_000 })
    const first = granted(await budget.reserve(CENT))
    const second = budget.reserve(CENT)
    await first.settle({ inputTokens: 100, outputTokens: 10 })
    expect(granted(await second).heldUsd).toBeGreaterThan(0.009)
  })

  it('asks the ledger for the first few of those who wait, not for all', async () => {
    const ledger = remoteLedger()
    const budget = budgetOf(0.01, { waitForHoldsMs: 60_000, ledger })
    const first = granted(await budget.reserve(CENT))
    const waiting = Array.from({ length: 100 }, () => budget.reserve(CENT))
    await new Promise((resolve) => setImmediate(resolve))
    const asked = ledger.asked
    const other = granted(await budget.reserve({ ...CENT, tenant: 'fabrikam' }))
    await other.release()
    await first.settle({ inputTokens: 100, outputTokens: 10 })
    expect(granted(await waiting[0]!).heldUsd).toBeGreaterThan(0.009)
    expect(ledger.asked - asked).toBeLessThan(20)
  })

  it('refuses who waited in vain, with the state of that moment', async () => {
    const budget = budgetOf(0.01, { waitForHoldsMs: 1 })
    await budget.reserve(CENT)
    expect(await budget.reserve(CENT)).toMatchObject({ granted: false, reason: 'held', heldUsd: 0.01 })
  })

  it('ends the wait with the signal of the call', async () => {
    const budget = budgetOf(0.01, { waitForHoldsMs: 60_000 })
    await budget.reserve(CENT)
    const leave = new AbortController()
    const second = Promise.resolve(budget.reserve({ ...CENT, signal: leave.signal }))
    leave.abort(new Error('gone'))
    await expect(second).rejects.toThrow('gone')
  })

  it('says that open holds are in the way when it may not wait', async () => {
    const budget = budgetOf(0.01)
    await budget.reserve(CENT)
    expect(await budget.reserve(CENT)).toMatchObject({ granted: false, reason: 'held' })
  })

  it('keeps tenants apart, with limits by name, and none for a name that is not there', async () => {
    const budget = budgetOf({ contoso: 1, '*': 0.5 })
    expect(await budget.read('contoso')).toMatchObject({ limitUsd: 1 })
    expect(await budget.read('fabrikam')).toMatchObject({ limitUsd: 0.5 })
    expect(await budgetOf({ contoso: 1 }).reserve({ ...CENT, tenant: 'constructor' })).toMatchObject({
      granted: false,
      limitUsd: 0,
    })
  })

  it('looks limits up where they are a function', async () => {
    const budget = budgetOf(async (tenant) => tenant.length)
    expect(await budget.read('contoso')).toMatchObject({ limitUsd: 7 })
  })

  it('makes every scope that is named pay in the same step', async () => {
    const budget = budgetOf(1, { scopes: [{ scope: 'user', limitUsd: 0.01, period: 'day' }] })
    await granted(await budget.reserve({ ...CENT, scopes: { user: 'ada' } })).settle(CENT_USED)
    expect(await budget.reserve({ ...CENT, scopes: { user: 'ada' } })).toMatchObject({
      granted: false,
      scope: 'user:ada',
    })
    expect(await budget.read('contoso')).toMatchObject({ spentUsd: 0.01, heldUsd: 0 })
    expect((await budget.reserve({ ...CENT, scopes: { user: 'eve' } })).granted).toBe(true)
  })

  it('can be raised while it runs, for one period', async () => {
    const budget = budgetOf(0.01)
    await spend(budget, 1)
    await budget.setLimit({ tenant: 'contoso', limitUsd: 5 })
    expect(await budget.read('contoso')).toMatchObject({ limitUsd: 5 })
    expect((await budget.reserve(CENT)).granted).toBe(true)
  })

  it('sends each notice once', async () => {
    const notices: unknown[] = []
    const budget = budgetOf(0.1, {
      noticeShares: [0.5, 0.8],
      onNotice: ({ account, share }) => notices.push([account, share]),
    })
    await spend(budget, 10)
    expect(notices).toEqual([
      ['tenant:contoso', 0.5],
      ['tenant:contoso', 0.8],
    ])
  })

  it('returns promises whatever its ledger, and rejects them for what cannot be used', async () => {
    const budget = budgetOf(1)
    const call = budget.reserve(CENT)
    const answers = [
      call,
      budget.read('contoso'),
      budget.evaluate('contoso'),
      budget.setLimit({ tenant: 'a', limitUsd: 1 }),
    ]
    for (const answer of answers) expect(answer).toBeInstanceOf(Promise)
    expect(granted(await call).settle(CENT_USED)).toBeInstanceOf(Promise)
    await expect(budget.reserve({ ...CENT, tenant: '' })).rejects.toThrow(InvalidOptionError)
    await expect(budget.read('')).rejects.toThrow(InvalidOptionError)
    await expect(budget.setLimit({ tenant: 'contoso', limitUsd: -1 })).rejects.toThrow(/limitUsd.*-1/)
  })

  it('offers its users nothing beside what they need', () => {
    const names = Object.getOwnPropertyNames(BudgetBreaker.prototype).sort()
    expect(names.join(' ')).toBe(
      'charge close constructor drain evaluate explainGuarantee rateCard read reserve scopes setLimit',
    )
  })

  it('spends nothing on a model without a price', async () => {
    const call = budgetOf(1).reserve({ ...CENT, model: 'llama-at-home' })
    await expect(call).rejects.toThrow(UnknownModelPriceError)
  })

  it('renews the lease of a call that runs long, and stops when none is open', async () => {
    let nowMs = 0
    let renew = () => {}
    let isRepeating = false
    const repeat = (act: () => void) => {
      renew = act
      isRepeating = true
      return () => {
        isRepeating = false
      }
    }
    const options = { limitUsd: 1, leaseMs: 60_000, ledger: memoryLedger({ now: () => nowMs }) }
    const budget = new Budget(options, { repeat })
    const call = granted(await budget.reserve(CENT))
    for (let minute = 0; minute < 30; minute++) {
      nowMs += 40_000
      renew()
    }
    expect(await budget.read('contoso')).toMatchObject({ spentUsd: 0, heldUsd: 0.01 })
    await call.settle({ inputTokens: 100, outputTokens: 0 })
    renew()
    expect(isRepeating).toBe(false)
  })

  it.each([
    ['charge', 0.01],
    ['release', 0],
  ] as const)('counts a call whose process died by the rule %s', async (unknownOutcome, spentUsd) => {
    let nowMs = 0
    const ledger = memoryLedger({ now: () => nowMs })
    const dies = new Budget({ limitUsd: 1, ledger, unknownOutcome, leaseMs: 1000 }, { repeat: () => () => {} })
    await dies.reserve(CENT)
    nowMs = 1001
    expect(await budgetOf(1, { ledger }).read('contoso')).toMatchObject({ spentUsd, heldUsd: 0 })
  })

  it('explains what it guarantees, with its numbers', () => {
    const explained = budgetOf(50, {
      downshift: { to: { 'gpt-4o': 'gpt-4o-mini' } },
      leaseMs: 30_000,
    }).explainGuarantee()
    expect(explained).toMatch(/Overshoot: \$0/)
    expect(explained).toMatch(/80%.*gpt-4o-mini/)
    expect(explained).toMatch(/30,000 ms/)
    expect(explained).toMatch(/Not seen: .*WebSockets.*budget\.charge/)
    expect(explained).toMatch(/Input: .*10,000 answers.*Not held: a context more for each time/)
  })

  it.each([
    [{ limitUsd: -1 }, /limitUsd.*-1/],
    [{ limitUsd: Number.NaN }, /limitUsd.*NaN/],
    [{ limitUsd: Number.POSITIVE_INFINITY }, /limitUsd.*Infinity/],
    [{ limitUsd: { contoso: -3 } }, /limitUsd\['contoso'\].*-3/],
    [{ limitUsd: 1, period: 'fortnight' }, /period.*month.*fortnight/],
    [{ limitUsd: 1, downshift: { at: 80, to: {} } }, /downshift\.at.*80/],
    [{ limitUsd: 1, leaseMs: 1 }, /leaseMs/],
    [{ limitUsd: 1, scopes: [{ scope: 'user' }] }, /scopes\[0\]\.limitUsd.*missing/],
    [{ limitUsd: 1, downshift: { to: { 'gpt-4o': 'llama-at-home' } } }, /downshift\.to\['gpt-4o'\].*llama-at-home/],
  ] as const)('refuses the options %j by name', (options, message) => {
    expect(() => new BudgetBreaker(options as unknown as BudgetOptions)).toThrow(message)
    expect(() => new BudgetBreaker(options as unknown as BudgetOptions)).toThrow(InvalidOptionError)
  })
})

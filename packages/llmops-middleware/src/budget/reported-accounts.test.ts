import { describe, expect, it } from 'vitest'
import { memoryLedger } from '../ledger/index.ts'
import { BudgetBreaker } from './breaker.ts'
import type { BudgetOptions } from './options.ts'

/** What users of other gateways reported of their budgets' periods and scopes, each as it should have been. */
function start(at: string, options: Partial<BudgetOptions> = {}) {
  const clock = { nowMs: Date.parse(at) }
  const budget = new BudgetBreaker({ limitUsd: 100, ledger: memoryLedger({ now: () => clock.nowMs }), ...options })
  const user = { name: 'user', id: '1' }
  const charge = (usd: number, tenant = 'contoso') =>
    budget.charge({ tenant, ...(options.scopes && { scopes: { user: '1' } }), usd, reason: 'call' })
  const call = { model: 'gpt-4o', inputTokens: 100, maxOutputTokens: 64 }
  const ask = (tenant = 'contoso') =>
    budget.reserve({ tenant, ...(options.scopes && { scopes: { user: '1' } }), ...call })
  return { clock, budget, user, charge, ask }
}

const users = (limitUsd: number) => [{ scope: 'user', limitUsd, period: 'day' as const }]

describe('a budget, where others were reported to fail', () => {
  it('of a day in Shanghai starts again at its midnight, not eight hours later (litellm #37454, #40978)', async () => {
    const { clock, budget, charge, ask } = start('2026-08-19T15:59:59.999Z', {
      period: 'day',
      timeZone: 'Asia/Shanghai',
    })
    await charge(100)
    expect((await ask()).granted).toBe(false)
    clock.nowMs += 1
    expect(await budget.read('contoso')).toMatchObject({ spentUsd: 0, resetsAt: new Date('2026-08-20T16:00:00Z') })
    expect((await ask()).granted).toBe(true)
  })

  it('of a week begins on Monday, in its zone (litellm #41211)', async () => {
    const { budget } = start('2026-09-15T00:00:00Z', { period: 'week', timeZone: 'Asia/Seoul' })
    expect((await budget.read('contoso')).resetsAt).toEqual(new Date('2026-09-20T15:00:00Z'))
  })

  it('of a day in Amsterdam resets at its midnight on the days the clocks change (langwatch #6255)', async () => {
    for (const [at, resetsAt] of [
      ['2026-03-29T12:00:00Z', '2026-03-29T22:00:00Z'],
      ['2026-10-25T12:00:00Z', '2026-10-25T23:00:00Z'],
    ] as const) {
      const { budget } = start(at, { period: 'day', timeZone: 'Europe/Amsterdam' })
      expect((await budget.read('contoso')).resetsAt).toEqual(new Date(resetsAt))
    }
  })

  it('resets at the times of a calendar, not so long after it was made (litellm #10331)', async () => {
    const { budget } = start('2026-04-26T13:37:00Z')
    expect((await budget.read('contoso')).resetsAt).toEqual(new Date('2026-05-01T00:00:00Z'))
  })

  it('of a user starts again each day, by itself (litellm #5651, #7129, #24675)', async () => {
    const { clock, budget, user, charge, ask } = start('2026-03-27T12:00:00Z', { scopes: users(1) })
    await charge(2)
    expect((await ask()).granted).toBe(false)
    clock.nowMs += 12 * 3_600_000
    expect(await budget.read('contoso', user)).toMatchObject({ spentUsd: 0 })
    expect((await ask()).granted).toBe(true)
  })

  it('of one user id is each tenant’s own (litellm #28750)', async () => {
    const { charge, ask } = start('2026-03-27T12:00:00Z', { scopes: users(1) })
    await charge(1)
    expect((await ask('contoso')).granted).toBe(false)
    expect((await ask('fabrikam')).granted).toBe(true)
  })

  it('of a member counts beside that of the team, and both refuse (litellm #19105)', async () => {
    const { charge, ask } = start('2026-03-27T12:00:00Z', { scopes: users(1) })
    await charge(1)
    expect(await ask()).toMatchObject({ granted: false, scope: 'user:1', reason: 'spent' })
    await charge(99)
    expect(await ask()).toMatchObject({ granted: false, scope: 'tenant:contoso', reason: 'spent' })
  })

  it('says whose it is when it refuses, and a higher limit frees the next call at once (litellm #37971)', async () => {
    const { budget, user, charge, ask } = start('2026-03-27T12:00:00Z', { scopes: users(1) })
    await charge(1)
    expect(await ask()).toMatchObject({ granted: false, scope: 'user:1', spentUsd: 1, limitUsd: 1 })
    await budget.setLimit({ tenant: 'contoso', scope: user, limitUsd: 2 })
    expect((await ask()).granted).toBe(true)
  })

  it('of a member whose limit was changed for good keeps its period (litellm #18582)', async () => {
    const { clock, budget, user, charge } = start('2026-03-27T12:00:00Z', { scopes: users(1) })
    await budget.setLimit({ tenant: 'contoso', scope: user, limitUsd: 5, lasts: 'always' })
    await charge(5)
    clock.nowMs += 86_400_000
    expect(await budget.read('contoso', user)).toMatchObject({ spentUsd: 0, limitUsd: 5 })
  })

  it('of a member starts again in its own period, also where that of the team runs on (litellm #16057)', async () => {
    const { clock, budget, user, charge } = start('2026-10-29T12:00:00Z', { scopes: users(1) })
    await charge(1)
    clock.nowMs += 86_400_000
    expect(await budget.read('contoso', user)).toMatchObject({ spentUsd: 0 })
    expect(await budget.read('contoso')).toMatchObject({ spentUsd: 1 })
  })

  it.each(['Mars/Olympus', '', 'Europe/Berlin|1', 8])('is not made in a zone that does not exist: %j', (timeZone) => {
    const options = { timeZone: timeZone as string }
    expect(() => start('2026-03-27T12:00:00Z', options)).toThrow(/`timeZone` must be the name of a time zone/)
  })

  it('is not made with a scope that is listed twice, in another period either', () => {
    const scopes = [...users(1), { scope: 'user', limitUsd: 9, period: 'month' as const }]
    expect(() => start('2026-03-27T12:00:00Z', { scopes })).toThrow(/`scopes\[1\].scope` .* listed once/)
  })

  it('says that it starts again with its process, where it is in memory', async () => {
    expect(start('2026-03-27T12:00:00Z').budget.explainGuarantee()).toMatch(
      /in the memory of this process\. It starts at \$0/,
    )
  })
})

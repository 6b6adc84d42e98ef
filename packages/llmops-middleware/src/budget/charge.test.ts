import { describe, expect, it } from 'vitest'
import { RecordedTelemetry } from '../../test/support/recorded-telemetry.ts'
import { remoteLedger } from '../../test/support/remote-ledger.ts'
import { createLlmOps, InvalidOptionError, LedgerUnavailableError } from '../index.ts'
import { sqliteLedger } from '../ledger/sqlite/sqlite-ledger.ts'
import { createSli } from '../sli/index.ts'
import { type BudgetOptions, type Ledger, memoryLedger } from './index.ts'

const scopes = [{ scope: 'user', limitUsd: 2, period: 'day' as const }]

function start(options: Partial<BudgetOptions> = {}) {
  const telemetry = new RecordedTelemetry()
  const sli = createSli({ meter: telemetry.meter })
  return { telemetry, ops: createLlmOps({ sli, budget: { limitUsd: 1, scopes, ...options } }) }
}

const LEDGERS: readonly (readonly [string, () => Ledger])[] = [
  ['in memory', () => memoryLedger()],
  ['in SQLite', () => sqliteLedger(':memory:')],
  ['behind a wire', () => remoteLedger()],
]

describe('money that no middleware saw', () => {
  it.each(LEDGERS)('is charged to its tenant, even past the limit, in a ledger %s', async (_, ledger) => {
    const { ops } = start({ ledger: ledger() })
    const charge = { tenant: 'contoso', scopes: { user: 'ada' }, reason: 'web search' }
    await ops.budget.charge({ ...charge, usd: 0.4 })
    await ops.budget.charge({ ...charge, usd: 0.9 })
    expect(await ops.budget.read('contoso')).toMatchObject({ spentUsd: 1.3, heldUsd: 0, limitUsd: 1 })
    expect(await ops.budget.read('contoso', { name: 'user', id: 'ada' })).toMatchObject({ spentUsd: 1.3, limitUsd: 2 })
    expect(await ops.budget.read('contoso', { name: 'user', id: 'bob' })).toMatchObject({ spentUsd: 0 })
    expect(await ops.budget.read('fabrikam')).toMatchObject({ spentUsd: 0 })
    expect(await ops.budget.evaluate('contoso')).toBe('block')
  })

  it.each(LEDGERS)(
    'is charged to nobody with half a character in the name, and to one account for any other name, in a ledger %s',
    async (_, ledger) => {
      const { ops } = start({ ledger: ledger() })
      const names = [
        '__proto__',
        'constructor',
        'a\0b',
        'a\0',
        '\ufffd',
        'é',
        'e\u0301',
        '{a}',
        'a:b',
        'a@b',
        '%40',
        '*',
        ' ',
        '🇩🇪',
        '\n',
      ]
      for (const [index, name] of names.entries()) {
        await ops.budget.charge({ tenant: name, scopes: { user: name }, usd: (index + 1) / 100, reason: 'test' })
      }
      for (const [index, name] of names.entries()) {
        const spent = { spentUsd: (index + 1) / 100 }
        expect(await ops.budget.read(name)).toMatchObject(spent)
        expect(await ops.budget.read(name, { name: 'user', id: name })).toMatchObject(spent)
      }
      for (const half of ['\ud800', 'ada\udfff']) {
        const charge = { tenant: half, usd: 0.01, reason: 'test' }
        await expect(ops.budget.charge(charge)).rejects.toThrow(/`tenant`.*whole characters/)
        await expect(ops.budget.charge({ ...charge, tenant: 'contoso', scopes: { user: half } })).rejects.toThrow(
          /whole characters/,
        )
      }
    },
  )

  it('is shown as a cost of its tenant, by its reason', async () => {
    const { ops, telemetry } = start()
    await ops.budget.charge({ tenant: 'contoso', usd: 0.4, reason: 'web search' })
    const attributes = { tenant: 'contoso', model: 'web search' }
    expect(await telemetry.points('agent.cost.usd')).toEqual([{ attributes, value: 0.4 }])
  })

  it('counts in the task of its tenant that it is charged in, and in no other', async () => {
    const { ops } = start()
    await ops.task({ tenant: 'contoso', budgetUsd: 0.5 }, async (task) => {
      await ops.budget.charge({ tenant: 'contoso', usd: 0.4, reason: 'web search' })
      await ops.budget.charge({ tenant: 'fabrikam', usd: 0.1, reason: 'web search' })
      expect(task.totals.costUsd).toBe(0.4)
      expect(task.budget).toMatchObject({ spentUsd: 0.4, heldUsd: 0 })
    })
  })

  it('is not called charged by a ledger that is down', async () => {
    const ledger = remoteLedger()
    const { ops, telemetry } = start({ ledger })
    ledger.isDown = true
    const charge = { tenant: 'contoso', usd: 0.4, reason: 'web search' }
    await expect(ops.budget.charge(charge)).rejects.toThrow(LedgerUnavailableError)
    expect(await telemetry.points('agent.cost.usd')).toEqual([])
  })
})

describe('the account of a scope', () => {
  it('is not read where the budget does not know the scope', async () => {
    const { ops } = start()
    const read = ops.budget.read('contoso', { name: 'usr', id: 'ada' })
    await expect(read).rejects.toThrow(InvalidOptionError)
    await expect(read).rejects.toMatchObject({ option: 'scope.name' })
  })

  it('has its limit changed under the same name as it is read', async () => {
    const { ops } = start()
    const scope = { name: 'user', id: 'ada' }
    await ops.budget.setLimit({ tenant: 'contoso', scope, limitUsd: 7 })
    expect(await ops.budget.read('contoso', scope)).toMatchObject({ limitUsd: 7 })
  })

  it('records in a metric that a share of it is spent, once for the scope and once for its tenant', async () => {
    const told: string[] = []
    const { ops, telemetry } = start({
      noticeShares: [0.5],
      onNotice: ({ account }) => {
        told.push(account)
        throw new Error('It is heard by nobody.')
      },
    })
    const charge = { tenant: 'contoso', scopes: { user: 'ada' }, reason: 'web search' }
    await ops.budget.charge({ ...charge, usd: 0.6 })
    await ops.budget.charge({ ...charge, usd: 0.6 })
    const notice = { tenant: 'contoso', share: '0.5' }
    expect(await telemetry.points('agent.budget.notice')).toEqual([
      { attributes: { ...notice, scope: 'tenant' }, value: 1 },
      { attributes: { ...notice, scope: 'user' }, value: 1 },
    ])
    expect(told).toEqual(['tenant:contoso', 'user:ada'])
  })
})

describe('a scope that is required', () => {
  const required = { scopes: [{ ...scopes[0]!, required: true }] }
  const size = { model: 'gpt-4o', inputTokens: 1, maxOutputTokens: 1 }

  it('refuses a call that has no value for it, whatever other scopes it has', async () => {
    const { ops } = start({ scopes: [...required.scopes, { scope: 'feature', limitUsd: 1 }] })
    for (const named of [{}, { scopes: {} }, { scopes: { feature: 'search' } }]) {
      const reserve = ops.budget.reserve({ tenant: 'contoso', ...named, ...size })
      await expect(reserve).rejects.toMatchObject({ option: 'scopes.user', message: expect.stringMatching(/missing/) })
    }
    const charge = ops.budget.charge({ tenant: 'contoso', usd: 1, reason: 'web search' })
    await expect(charge).rejects.toThrow(InvalidOptionError)
  })

  it('accepts a call that has a value for it, and reads accounts without one', async () => {
    const { ops } = start(required)
    const admission = await ops.budget.reserve({ tenant: 'contoso', scopes: { user: 'ada' }, ...size })
    expect(admission.granted).toBe(true)
    expect(await ops.budget.evaluate('contoso')).toBe('allow')
    expect((await ops.budget.read('contoso')).heldUsd).toBeGreaterThan(0)
  })

  it('may stay unnamed where it is not required', async () => {
    const { ops } = start()
    expect((await ops.budget.reserve({ tenant: 'contoso', ...size })).granted).toBe(true)
  })
})

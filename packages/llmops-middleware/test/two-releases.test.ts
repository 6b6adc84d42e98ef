import { randomUUID } from 'node:crypto'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { BudgetBreaker, type BudgetOptions, type Ledger, type Period } from 'llmops-middleware/budget'
import { redisLedger } from 'llmops-middleware/budget/redis'
import { sqliteLedger } from 'llmops-middleware/budget/sqlite'
import { fc } from 'test-support/generated'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'

// The older release is a bundle of its own sources, not of what it stored: it answers, beside this one, in one process.
const BUNDLE = join(import.meta.dirname, 'releases/scopes-of-no-tenant.mjs.txt')

type Release = {
  BudgetBreaker: new (options: object) => BudgetBreaker
  sqliteLedger: typeof sqliteLedger
  redisLedger: typeof redisLedger
}

const newer: Release = { BudgetBreaker: BudgetBreaker as Release['BudgetBreaker'], sqliteLedger, redisLedger }
let older: Release
let folder: string
const redis = new Redis(inject('redisUrl'))
beforeAll(async () => {
  // Inside the package, so that what it imports is found.
  folder = await mkdtemp(join(import.meta.dirname, 'release-'))
  await copyFile(BUNDLE, join(folder, 'older.mjs'))
  older = (await import(join(folder, 'older.mjs'))) as Release
})
afterAll(async () => {
  await rm(folder, { recursive: true })
  await redis.quit()
})

const LIMIT_USD = 0.01
const MARCH = Date.parse('2026-03-10T12:00:00Z')
const APRIL = Date.parse('2026-04-10T12:00:00Z')

type Opened = { readonly budget: BudgetBreaker; close(): Promise<void> }

async function spend({ budget }: Opened, tenant: string, user: string | undefined, tokens = 100): Promise<number> {
  const scopes = user === undefined ? undefined : { user }
  const call = await budget.reserve({ tenant, scopes, model: 'gpt-4o', inputTokens: tokens, maxOutputTokens: 64 })
  if (!call.granted) return 0
  const spentUsd = call.heldUsd
  await call.settle({ inputTokens: tokens, outputTokens: call.maxOutputTokens })
  return spentUsd
}

async function spendAll(opened: Opened, tenant: string, user: string): Promise<number> {
  let total = 0
  for (;;) {
    const spentUsd = await spend(opened, tenant, user)
    if (spentUsd === 0) return total
    total += spentUsd
  }
}

const LEDGERS: Readonly<Record<string, () => Promise<(release: Release, now: () => number) => Ledger>>> = {
  async SQLite() {
    const path = join(await mkdtemp(join(tmpdir(), 'two-releases-')), 'ledger.db')
    return (release, now) => release.sqliteLedger(path, { now, synchronous: 'normal' })
  },
  async Redis() {
    const namespace = randomUUID()
    return (release, now) => release.redisLedger(redis, { now, namespace, timeoutMs: 30_000 })
  },
}

describe.each(Object.entries(LEDGERS))('two releases on one ledger: %s', (_, shared) => {
  /** Both, on a clock of their own, after the older one was used by somebody of the tenant. */
  async function start(period: Period = 'month', options: Partial<BudgetOptions> = {}) {
    const clock = { nowMs: MARCH }
    const open = await shared()
    const begin = (release: Release): Opened => {
      const ledger = open(release, () => clock.nowMs)
      const scopes = [{ scope: 'user', limitUsd: LIMIT_USD }]
      const budget = new release.BudgetBreaker({ limitUsd: 1, period, scopes, ledger, waitForHoldsMs: 0, ...options })
      return { budget, close: () => budget.close() }
    }
    const before = begin(older)
    await spend(before, 'contoso', undefined)
    const after = begin(newer)
    return { clock, before, after, begin, end: () => Promise.all([before.close(), after.close()]) }
  }

  it('spend a user once in a period that the older one began, in whatever order they are asked', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 30, maxLength: 40 }), async (isOlder) => {
        const { before, after, end } = await start()
        let total = 0
        for (const older of isOlder) total += await spend(older ? before : after, 'contoso', '1')
        for (const opened of [before, after]) total += await spendAll(opened, 'contoso', '1')
        expect(total).toBeLessThanOrEqual(LIMIT_USD + 1e-12)
        expect(total).toBeGreaterThan(0.9 * LIMIT_USD)
        await end()
      }),
      { numRuns: 5 },
    )
  })

  it('spend a user once when both are asked at the same time', async () => {
    const { before, after, end } = await start()
    const spends = Array.from({ length: 60 }, (_, index) => spend(index % 2 ? before : after, 'contoso', '1'))
    const total = (await Promise.all(spends)).reduce((sum, spentUsd) => sum + spentUsd, 0)
    expect(total).toBeLessThanOrEqual(LIMIT_USD + 1e-12)
    expect(total).toBeGreaterThan(0.9 * LIMIT_USD)
    await end()
  })

  it('know after a swap, and after one back, what the other spent', async () => {
    const { before, after, end } = await start()
    for (let call = 0; call < 3; call++) await spend(before, 'contoso', '1')
    expect(await spendAll(after, 'contoso', '1')).toBeGreaterThan(0)
    expect(await spend(before, 'contoso', '1')).toBe(0)
    // One whom only the newer one served, and one whom only the older one did.
    expect(await spendAll(after, 'contoso', '2')).toBeGreaterThan(0.9 * LIMIT_USD)
    expect(await spend(before, 'contoso', '2')).toBe(0)
    expect(await spendAll(before, 'contoso', '3')).toBeGreaterThan(0.9 * LIMIT_USD)
    expect(await spend(after, 'contoso', '3')).toBe(0)
    await end()
  })

  it('give users of two tenants a budget each from the next period on, as the older one did not', async () => {
    const { clock, before, after, end } = await start()
    expect(await spendAll(before, 'contoso', '1')).toBeGreaterThan(0)
    expect(await spend(after, 'fabrikam', '1')).toBe(0)
    clock.nowMs = APRIL
    for (const tenant of ['contoso', 'fabrikam']) {
      const total = await spendAll(after, tenant, '1')
      expect(total).toBeLessThanOrEqual(LIMIT_USD + 1e-12)
      expect(total).toBeGreaterThan(0.9 * LIMIT_USD)
    }
    await end()
  })

  it('count the tenant itself in one account, in every period', async () => {
    const { clock, before, after, end } = await start('month', { limitUsd: LIMIT_USD, scopes: [] })
    for (const nowMs of [MARCH, APRIL]) {
      clock.nowMs = nowMs
      const calls = Array.from({ length: 60 }, (_, index) => spend(index % 2 ? before : after, 'contoso', undefined))
      const total = (await Promise.all(calls)).reduce((sum, spentUsd) => sum + spentUsd, 0)
      expect(total).toBeLessThanOrEqual(LIMIT_USD + 1e-12)
      const [one, other] = [await before.budget.read('contoso'), await after.budget.read('contoso')]
      expect(other).toMatchObject({ spentUsd: one.spentUsd, heldUsd: 0, resetsAt: one.resetsAt })
    }
    await end()
  })

  it('end the leases of the other, whose process died, on every account', async () => {
    const { clock, before, after, end } = await start()
    const call = { tenant: 'contoso', scopes: { user: '1' }, model: 'gpt-4o', inputTokens: 100, maxOutputTokens: 64 }
    const dead = [await before.budget.reserve(call), await after.budget.reserve(call)]
    const heldUsd = dead.reduce((sum, one) => sum + (one.granted ? one.heldUsd : 0), 0)
    clock.nowMs += 60_000
    const user = { name: 'user', id: '1' }
    expect(await before.budget.read('contoso', user)).toMatchObject({ spentUsd: heldUsd, heldUsd: 0 })
    expect(await after.budget.read('contoso', user)).toMatchObject({ spentUsd: heldUsd / 2, heldUsd: 0 })
    expect(await after.budget.read('contoso')).toMatchObject({ heldUsd: 0 })
    expect(await before.budget.read('contoso')).toMatchObject({ heldUsd: 0 })
    await end()
  })

  it('spend a rolling window of a user once, from the swap on for one window', async () => {
    const { clock, before, after, end } = await start({ rollingMs: 3_600_000 })
    const first = await spend(before, 'contoso', '1')
    const total = first + (await spendAll(after, 'contoso', '1')) + (await spendAll(before, 'contoso', '1'))
    expect(total).toBeLessThanOrEqual(LIMIT_USD + 1e-12)
    clock.nowMs += 3 * 3_600_000
    expect(await spendAll(after, 'contoso', '1')).toBeGreaterThan(0.9 * LIMIT_USD)
    expect(await spendAll(after, 'fabrikam', '1')).toBeGreaterThan(0.9 * LIMIT_USD)
    await end()
  })

  it('opens what the other wrote, again and again', async () => {
    const { begin, before, after, end } = await start()
    for (let round = 0; round < 3; round++) {
      for (const release of [older, newer]) {
        const opened = begin(release)
        expect(await spend(opened, 'contoso', '1')).toBeGreaterThan(0)
        // The Redis is the test's own: to close a ledger leaves it open.
        await opened.close()
      }
    }
    const spentUsd = (await before.budget.read('contoso', { name: 'user', id: '1' })).spentUsd
    expect(spentUsd).toBeCloseTo((await after.budget.read('contoso')).spentUsd * (6 / 7), 9)
    await end()
  })
})

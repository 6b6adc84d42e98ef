import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { BudgetBreaker } from '../budget/index.ts'
import { memoryLedger } from './memory/memory-ledger.ts'
import { sqliteLedger } from './sqlite/sqlite-ledger.ts'
import { steadyClock } from './steady-clock.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

function clocks() {
  const time = { epoch: Date.parse('2026-11-26T12:00:00Z'), monotonic: 5000 }
  const now = steadyClock({ epochMs: () => time.epoch, monotonicMs: () => time.monotonic })
  const pass = (ms: number) => {
    time.epoch += ms
    time.monotonic += ms
  }
  const start = time.epoch
  return { time, pass, passed: () => now() - start }
}

describe('the clock of a ledger', () => {
  it('follows the clock of the system, and its small corrections', () => {
    const { time, pass, passed } = clocks()
    pass(40 * DAY_MS)
    expect(passed()).toBe(40 * DAY_MS)
    time.epoch += MINUTE_MS
    expect(passed()).toBe(40 * DAY_MS + MINUTE_MS)
    time.epoch -= MINUTE_MS
    expect(passed()).toBe(40 * DAY_MS)
  })

  it.each([400 * DAY_MS, -400 * DAY_MS, MINUTE_MS + 1])(
    'goes on as before where that jumps by %d ms and back',
    (jump) => {
      const { time, pass, passed } = clocks()
      time.epoch += jump
      expect(passed()).toBe(0)
      pass(10 * MINUTE_MS - 1)
      expect(passed()).toBe(10 * MINUTE_MS - 1)
      time.epoch -= jump
      expect(passed()).toBe(10 * MINUTE_MS - 1)
      // The next is doubted anew.
      time.epoch += jump
      pass(1)
      expect(passed()).toBe(10 * MINUTE_MS)
    },
  )

  it.each([400 * DAY_MS, -DAY_MS])('believes a jump of %d ms that has lasted for ten minutes', (jump) => {
    const { time, pass, passed } = clocks()
    time.epoch += jump
    passed()
    pass(10 * MINUTE_MS)
    expect(passed()).toBe(10 * MINUTE_MS + jump)
    pass(1)
    expect(passed()).toBe(10 * MINUTE_MS + jump + 1)
  })

  it('doubts each of two jumps for its own ten minutes', () => {
    const { time, pass, passed } = clocks()
    time.epoch += DAY_MS
    passed()
    pass(9 * MINUTE_MS)
    time.epoch += DAY_MS
    expect(passed()).toBe(9 * MINUTE_MS)
    pass(9 * MINUTE_MS)
    expect(passed()).toBe(18 * MINUTE_MS)
  })
})

describe('a budget, while the clock of the system is wrong', () => {
  const folders: string[] = []
  afterEach(() => {
    vi.restoreAllMocks()
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
  })

  it.each(['memory', 'SQLite'])('is not given again, and starts again in its time: %s', async (kind) => {
    const folder = await mkdtemp(join(tmpdir(), 'steady-clock-'))
    folders.push(folder)
    const ledger = kind === 'memory' ? memoryLedger() : sqliteLedger(join(folder, 'ledger.db'))
    const budget = new BudgetBreaker({ limitUsd: 1, ledger })
    const before = await budget.read('contoso')
    await budget.charge({ tenant: 'contoso', usd: 0.6, reason: 'search' })
    const now = vi
      .spyOn(Date, 'now')
      .mockImplementation(() => performance.timeOrigin + performance.now() + 400 * DAY_MS)
    await budget.charge({ tenant: 'contoso', usd: 0.3, reason: 'search' })
    expect(await budget.read('contoso')).toMatchObject({ spentUsd: 0.9, resetsAt: before.resetsAt })
    now.mockRestore()
    expect(await budget.read('contoso')).toMatchObject({ spentUsd: 0.9, resetsAt: before.resetsAt })
    await budget.close()
  })
})

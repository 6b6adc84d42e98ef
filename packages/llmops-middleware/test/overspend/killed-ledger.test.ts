import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sourceArguments } from 'command-line/source-arguments'
import { BudgetBreaker } from 'llmops-middleware/budget'
import { sqliteLedger } from 'llmops-middleware/budget/sqlite'
import { expect, it, onTestFinished } from 'vitest'

/** In whole nano-USD: a call is held as 1000 tokens each way, and costs 100 of output. */
const CALL_NANOS = 3_500_000
const HOLD_NANOS = 12_500_000
const CALLERS = 8
const SETTLEMENTS = 40

/** Starts a process that pays with eight callers, and kills it after so many of its settlements. */
async function payUntilKilled(path: string): Promise<number> {
  const child = fork(join(import.meta.dirname, 'reserving-process.ts'), [path], { execArgv: sourceArguments() })
  let settled = 0
  child.on('message', () => {
    settled += 1
    if (settled === SETTLEMENTS) child.kill('SIGKILL')
  })
  const [code, signal] = await once(child, 'exit')
  expect([code, signal]).toEqual([null, 'SIGKILL'])
  return settled
}

it('loses no settlement of a process that is killed while it writes, and charges its open calls at the end of their lease', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'killed-ledger-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'ledger.db')
  const told = (await payUntilKilled(path)) + (await payUntilKilled(path))

  let nowMs = Date.now()
  const ledger = sqliteLedger(path, { now: () => nowMs })
  const budget = new BudgetBreaker({ limitUsd: 1000, ledger })
  const { spentUsd, heldUsd } = await budget.read('contoso')
  const settled = Math.round((spentUsd * 1e9) / CALL_NANOS)
  // Those that were written and not told of any more, by two processes.
  expect(settled).toBeGreaterThanOrEqual(told)
  expect(settled).toBeLessThanOrEqual(told + 2 * CALLERS)
  expect(spentUsd * 1e9).toBeCloseTo(settled * CALL_NANOS, 0)
  const held = Math.round((heldUsd * 1e9) / HOLD_NANOS)
  expect(held).toBeLessThanOrEqual(2 * CALLERS)
  expect(heldUsd * 1e9).toBeCloseTo(held * HOLD_NANOS, 0)

  // Each lease of a minute ends before the period does, or in the next one.
  nowMs += 61_000
  const next = await budget.reserve({ tenant: 'contoso', model: 'gpt-4o', inputTokens: 1, maxOutputTokens: 1 })
  if (next.granted) await next.release()
  const after = await budget.read('contoso')
  if (new Date(nowMs).getUTCMonth() === new Date(nowMs - 61_000).getUTCMonth()) {
    expect(after.heldUsd).toBe(0)
    expect(after.spentUsd * 1e9).toBeCloseTo(settled * CALL_NANOS + held * HOLD_NANOS, 0)
  }
  await ledger.close()
  const file = new DatabaseSync(path)
  expect(file.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  file.close()
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { BudgetBreaker, memoryLedger } from '../../src/budget/index.ts'
import { createLlmOps, type LlmOps } from '../../src/index.ts'
import { sqliteLedger } from '../../src/ledger/sqlite/sqlite-ledger.ts'

const answer = {
  model: 'gpt-4o-mini',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 2 },
}
const provider = async () => Response.json(answer)
const ask = async ({ fetch }: Pick<LlmOps, 'fetch'>) => {
  const body = JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }] })
  return (await fetch('http://127.0.0.1:1/v1/chat/completions', { method: 'POST', body })).status
}

/** Counts how often it is closed. */
function countingLedger() {
  const ledger = memoryLedger()
  const counted = { closed: 0 }
  const close = async () => {
    counted.closed++
    await ledger.close()
  }
  return { ledger: { ...ledger, close }, counted }
}

describe('a ledger under two', () => {
  it('is open until the last of them is closed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ledger-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const ledger = sqliteLedger(join(folder, 'ledger.db'))
    const common = { defaultTenant: 'contoso', budget: { limitUsd: 1, ledger }, fetch: provider }
    const [chat, batch] = [createLlmOps(common), createLlmOps(common)]
    expect([await ask(chat), await ask(batch)]).toEqual([200, 200])
    await chat.close()
    expect(await ask(batch)).toBe(200)
    expect((await batch.budget.read('contoso')).heldUsd).toBe(0)
    await batch.close()
    await expect(batch.budget.read('contoso')).rejects.toThrow()
  })

  it('is closed once, however often each is closed', async () => {
    const { ledger, counted } = countingLedger()
    const budgets = [new BudgetBreaker({ limitUsd: 1, ledger }), new BudgetBreaker({ limitUsd: 1, ledger })]
    await budgets[0]!.close()
    await budgets[0]!.close()
    expect(counted.closed).toBe(0)
    await budgets[1]!.close()
    expect(counted.closed).toBe(1)
  })
})

describe('a budget under two', () => {
  it('is open until the last of them is closed', async () => {
    const { ledger, counted } = countingLedger()
    const breaker = new BudgetBreaker({ limitUsd: 1, ledger })
    const common = { defaultTenant: 'contoso', breaker, fetch: provider }
    const [chat, batch] = [createLlmOps(common), createLlmOps(common)]
    await chat.close()
    await chat.close()
    expect([await ask(batch), counted.closed]).toEqual([200, 0])
    await batch.close()
    expect(counted.closed).toBe(1)
  })

  it('is closed by its own maker at any time', async () => {
    const { ledger, counted } = countingLedger()
    const breaker = new BudgetBreaker({ limitUsd: 1, ledger })
    createLlmOps({ defaultTenant: 'contoso', breaker, fetch: provider })
    await breaker.close()
    expect(counted.closed).toBe(1)
  })
})

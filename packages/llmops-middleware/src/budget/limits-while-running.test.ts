import { fc } from 'test-support/generated'
import { describe, expect, it } from 'vitest'
import { remoteLedger } from '../../test/support/remote-ledger.ts'
import { sqliteLedger } from '../ledger/sqlite/sqlite-ledger.ts'
import { BudgetBreaker, type Ledger, memoryLedger } from './index.ts'

const LEDGERS: readonly (readonly [string, () => Ledger])[] = [
  ['in memory', () => memoryLedger()],
  ['in SQLite', () => sqliteLedger(':memory:')],
  ['behind a wire', () => remoteLedger()],
]

/** Ten callers of $0.01 each, or a limit in cents that is set while they run. */
const steps = fc.array(fc.oneof(fc.constant('call' as const), fc.integer({ min: 0, max: 30 })), {
  minLength: 20,
  maxLength: 40,
})

describe.each(LEDGERS)('a limit that is set while calls run, on a ledger %s', (_, open) => {
  it('is passed by no call that is admitted after it was set', async () => {
    for (const order of fc.sample(steps, 5)) {
      const ledger = open()
      const budget = new BudgetBreaker({ limitUsd: 0.1, ledger, waitForHoldsMs: 0 })
      let mostUsd = 0.1
      const running: Promise<void>[] = []
      for (const step of order) {
        if (step === 'call') {
          running.push(spendACent(budget))
          continue
        }
        const { spentUsd, heldUsd } = await budget
          .setLimit({ tenant: 'contoso', limitUsd: step / 100 })
          .then(() => budget.read('contoso'))
        // What was admitted before may be more than the new limit, and nothing comes on top of it.
        mostUsd = Math.max(step / 100, spentUsd + heldUsd)
        await Promise.all(Array.from({ length: 3 }, () => spendACent(budget)))
        const after = await budget.read('contoso')
        expect(after.spentUsd + after.heldUsd).toBeLessThanOrEqual(mostUsd + 1e-9)
      }
      await Promise.all(running)
      const { spentUsd, heldUsd } = await budget.read('contoso')
      expect(heldUsd).toBe(0)
      expect(spentUsd).toBeLessThanOrEqual(mostUsd + 1e-9)
      await ledger.close?.()
    }
  })
})

/** 1000 tokens of output of gpt-4o are $0.01. */
async function spendACent(budget: BudgetBreaker): Promise<void> {
  const call = await budget.reserve({
    tenant: 'contoso',
    model: 'gpt-4o',
    inputTokens: 0,
    maxOutputTokens: 1000,
  })
  if (call.granted) await call.settle({ inputTokens: 0, outputTokens: call.maxOutputTokens })
}

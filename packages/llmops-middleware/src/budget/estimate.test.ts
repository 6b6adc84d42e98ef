import { describe, expect, it } from 'vitest'
import { type Admission, BudgetBreaker, type BudgetOptions, type Reservation } from './index.ts'

/** gpt-4o: $10 a million output tokens, and no input to keep the sums plain. */
const LONG = { tenant: 'contoso', model: 'gpt-4o', inputTokens: 0, maxOutputTokens: 10_000 }

function budgetOf(options: Partial<BudgetOptions> = {}) {
  return new BudgetBreaker({ limitUsd: 10, estimate: { quantile: 0.9 }, waitForHoldsMs: 0, ...options })
}

function granted(admission: Admission): Reservation {
  if (!admission.granted) throw new Error(`refused: ${JSON.stringify(admission)}`)
  return admission
}

async function answers(budget: BudgetBreaker, lengths: readonly number[]) {
  for (const outputTokens of lengths) {
    await granted(await budget.reserve(LONG)).settle({ inputTokens: 0, outputTokens })
  }
}

describe('an estimate from what a tenant was answered before', () => {
  it('holds what the quantile of its answers stays within, and asks for the same cap', async () => {
    const budget = budgetOf()
    await answers(budget, [...new Array(60).fill(90), 5000, 5000])
    const call = granted(await budget.reserve(LONG))
    expect(call).toMatchObject({ heldUsd: 0.0009, maxOutputTokens: 10_000, decision: 'allow' })
  })

  it('is the worst case until enough answers were seen to speak for the quantile', async () => {
    const budget = budgetOf()
    await answers(budget, [1, 2, 3, 4, 5, 6, 7, 8])
    expect(granted(await budget.reserve(LONG)).heldUsd).toBe(0.1)
    await answers(budget, [9])
    expect(granted(await budget.reserve(LONG)).heldUsd).toBeCloseTo(0.00009, 12)
  })

  it('speaks for nobody else', async () => {
    const budget = budgetOf()
    await answers(budget, new Array(50).fill(100))
    expect(granted(await budget.reserve({ ...LONG, tenant: 'fabrikam' })).heldUsd).toBe(0.1)
    expect(granted(await budget.reserve({ ...LONG, model: 'gpt-4.1' })).heldUsd).toBe(0.08)
  })

  it('gives way to the worst case for the last fifth of a limit', async () => {
    const budget = budgetOf({ limitUsd: 1 })
    await answers(budget, new Array(50).fill(100))
    await granted(await budget.reserve(LONG)).settleNanos(760_000_000 as never)
    expect(granted(await budget.reserve(LONG)).heldUsd).toBe(0.1)
  })

  it.each([
    [{ quantile: 0.1 }, /0\.1/],
    [{ quantile: 1 }, /1/],
    ['guess', /guess/],
  ])('refuses %j', (estimate, message) => {
    expect(() => budgetOf({ estimate } as never)).toThrow(message)
  })
})

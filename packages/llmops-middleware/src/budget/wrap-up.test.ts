import { type ModelEndpoint, startModelEndpoint } from 'local-azure/model'
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLlmOps, isBudgetExceeded, type LlmOpsOptions, type Task } from '../index.ts'

let endpoint: ModelEndpoint
beforeEach(async () => {
  endpoint = await startModelEndpoint()
})
afterEach(() => endpoint.close())

const messages = [{ role: 'user' as const, content: 'Hello, how are you today?' }]
const asked = { model: 'gpt-4o', messages, max_completion_tokens: 64 }

function start(options: LlmOpsOptions = {}) {
  const ops = createLlmOps({ defaultTenant: 'contoso', ...options })
  const openai = new OpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
  return { ops, ask: () => openai.chat.completions.create(asked) }
}

/** Asks until the budget says no. */
async function askUntilRefused(ask: () => Promise<unknown>): Promise<number> {
  for (let calls = 0; ; calls++) {
    try {
      await ask()
    } catch (error) {
      if (!isBudgetExceeded(error)) throw error
      return calls
    }
  }
}

const billedUsd = () => endpoint.totalCostNanos() / 1e9

describe('the reserve of a task', () => {
  it('is not spent by its loop, and pays for its last words', async () => {
    const { ops, ask } = start()
    let ended: Task | undefined
    await ops.task({ budgetUsd: 0.01, reserveUsd: 0.002 }, async (task) => {
      ended = task
      expect(await askUntilRefused(ask)).toBeGreaterThan(3)
      expect(billedUsd()).toBeLessThanOrEqual(0.008)
      expect(task.budget?.leftUsd).toBeLessThan(0.001)
      const answer = await task.wrapUp(ask)
      expect(answer.choices[0]?.message.content).toBeTruthy()
      expect(billedUsd()).toBeLessThanOrEqual(0.01)
      expect(task.budget).toMatchObject({ limitUsd: 0.01, spentUsd: billedUsd(), heldUsd: 0 })
      expect(task.outcome).toBeUndefined()
    })
    expect(ended?.outcome).toEqual({ status: 'success' })
  })

  it('is no more than it is', async () => {
    const { ops, ask } = start()
    await ops.task({ budgetUsd: 0.01, reserveUsd: 0.002 }, async (task) => {
      await askUntilRefused(ask)
      await task.wrapUp(() => askUntilRefused(ask))
      expect(billedUsd()).toBeLessThanOrEqual(0.01)
      expect(billedUsd()).toBeGreaterThan(0.008)
    })
  })

  it('is closed again after what wraps up, and beside it', async () => {
    const { ops, ask } = start()
    await ops.task({ budgetUsd: 0.01, reserveUsd: 0.005 }, async (task) => {
      await askUntilRefused(ask)
      const [, beside] = await Promise.all([task.wrapUp(ask), askUntilRefused(ask)])
      expect(beside).toBe(0)
      expect(await askUntilRefused(ask)).toBe(0)
    })
  })

  it('is open to a task nested in what wraps up, and to what a nested task calls in it', async () => {
    const { ops, ask } = start()
    await ops.task({ budgetUsd: 0.01, reserveUsd: 0.005 }, async (task) => {
      await askUntilRefused(ask)
      await ops.task({}, async () => {
        expect(await askUntilRefused(ask)).toBe(0)
        await task.wrapUp(ask)
      })
      await task.wrapUp(() => ops.task({ budgetUsd: 0.002 }, ask))
    })
  })

  it('of a nested task lies within the budget of the task around it, whose reserve stays shut', async () => {
    const { ops, ask } = start()
    await ops.task({ budgetUsd: 0.01, reserveUsd: 0.005 }, async (outer) => {
      await ops.task({ budgetUsd: 1, reserveUsd: 0.5 }, async (inner) => {
        await askUntilRefused(ask)
        expect(await inner.wrapUp(() => askUntilRefused(ask))).toBe(0)
      })
      expect(billedUsd()).toBeLessThanOrEqual(0.01)
      expect(await outer.wrapUp(() => askUntilRefused(ask))).toBeGreaterThan(0)
      expect(outer.budget?.spentUsd).toBeCloseTo(billedUsd(), 12)
    })
  })

  it('changes nothing of a task without one', async () => {
    const { ops, ask } = start()
    let task: Task | undefined
    await ops.task({ budgetUsd: 0.01 }, async (own) => {
      task = own
      await askUntilRefused(ask)
      expect(await own.wrapUp(() => askUntilRefused(ask))).toBe(0)
    })
    await ops.task({}, async (own) => void (await own.wrapUp(ask)))
    expect(task?.outcome).toEqual({ status: 'failure', reason: 'run_budget_exceeded' })
  })

  it('does not count in the share at which the notice is sent', async () => {
    const { ops, ask } = start()
    const told: number[] = []
    const onBudgetNotice = () => told.push(billedUsd())
    await ops.task({ budgetUsd: 0.01, reserveUsd: 0.005, onBudgetNotice }, () => askUntilRefused(ask))
    expect(told).toHaveLength(1)
    expect(told[0]).toBeLessThan(0.005)
  })

  it('is refused where it is no part of a budget', async () => {
    const { ops } = start()
    const run = () => undefined
    await expect(ops.task({ reserveUsd: 0.1 }, run)).rejects.toMatchObject({ option: 'reserveUsd' })
    await expect(ops.task({ budgetUsd: 0.1, reserveUsd: 0.2 }, run)).rejects.toMatchObject({ option: 'reserveUsd' })
    await expect(ops.task({ budgetUsd: 0.1, reserveUsd: -1 }, run)).rejects.toMatchObject({ option: 'reserveUsd' })
    await ops.task({ budgetUsd: 0.1, reserveUsd: 0.1 }, run)
  })
})

import Anthropic from '@anthropic-ai/sdk'
import { type ModelEndpoint, startModelEndpoint } from 'local-azure/model'
import OpenAI from 'openai'
import { fc } from 'test-support/generated'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLlmOps, type LlmOpsOptions, type Task, type TaskBudgetState } from '../index.ts'

let endpoint: ModelEndpoint
beforeEach(async () => {
  endpoint = await startModelEndpoint()
})
afterEach(() => endpoint.close())

const messages = [{ role: 'user' as const, content: 'Hello, how are you today?' }]
const asked = { model: 'gpt-4o', messages, max_completion_tokens: 100 }

function start(options: LlmOpsOptions = {}) {
  const ops = createLlmOps({ defaultTenant: 'contoso', ...options })
  const openai = new OpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
  const ask = (change: object = {}) => openai.chat.completions.create({ ...asked, ...change })
  const stream = () => openai.chat.completions.create({ ...asked, stream: true })
  return { ops, openai, ask, stream }
}

const billedUsd = () => endpoint.totalCostNanos() / 1e9
const rejected = (promise: Promise<unknown>) => promise.catch((error: unknown) => error)

const APPS: readonly (readonly [string, LlmOpsOptions])[] = [
  ['with a budget', { budget: { limitUsd: 100 } }],
  ['without a budget', {}],
]

describe.each(APPS)('the budget of a task, in an app %s', (_, options) => {
  it('refuses what no longer fits with a 402 of its own code, which is why the task failed', async () => {
    const { ops, ask } = start(options)
    let task: Task | undefined
    const error = await rejected(
      ops.task({ id: 't1', budgetUsd: 0.0001 }, (own) => {
        task = own
        return ask()
      }),
    )
    const facts = { scope: 'task:t1', reason: 'does_not_fit', limit_usd: 0.0001, left_usd: 0.0001, spent_usd: 0 }
    expect(error).toMatchObject({ status: 402, code: 'run_budget_exceeded', error: facts })
    expect((error as { headers: Headers }).headers.get('x-should-retry')).toBe('false')
    expect((error as { headers: Headers }).headers.has('retry-after')).toBe(false)
    expect(task?.outcome).toEqual({ status: 'failure', reason: 'run_budget_exceeded' })
    expect(endpoint.attempts).toHaveLength(0)
  })

  it('is the reason of the failure for an SDK too that hides the code', async () => {
    const { ops } = start(options)
    const anthropic = new Anthropic({ baseURL: endpoint.url, apiKey: 'any', fetch: ops.fetch })
    let task: Task | undefined
    await rejected(
      ops.task({ budgetUsd: 0 }, (own) => {
        task = own
        return anthropic.messages.create({ model: 'claude-haiku-4-5', max_tokens: 9, messages })
      }),
    )
    expect(task?.outcome).toEqual({ status: 'failure', reason: 'run_budget_exceeded' })
  })

  it('lets pass what fits, and counts what the provider billed', async () => {
    const { ops, ask, stream } = start(options)
    const budget = await ops.task({ budgetUsd: 0.01 }, async (task) => {
      await ask()
      for await (const _ of await stream());
      return task.budget
    })
    expect(budget).toMatchObject({ limitUsd: 0.01, spentUsd: billedUsd(), heldUsd: 0 })
    expect(budget!.leftUsd).toBeCloseTo(0.01 - billedUsd(), 12)
    expect(billedUsd()).toBeGreaterThan(0)
  })

  it('clamps a call to what is left before it refuses one, and says so', async () => {
    const { ops, ask } = start(options)
    await ops.task({ budgetUsd: 0.002 }, async (task) => {
      const { response } = await ask({ max_completion_tokens: 4000 }).withResponse()
      const cap = Number(response.headers.get('x-llmops-max-output-tokens'))
      expect(cap).toBeGreaterThan(64)
      expect(cap).toBeLessThan(200)
      expect(task.totals.clamps).toBe(1)
      expect(endpoint.attempts.at(-1)).toMatchObject({ status: 200 })
    })
  })

  it('limits no call of a task that has none', async () => {
    const { ops, ask } = start(options)
    await ops.task({}, async (task) => {
      await ask()
      expect(task.budget).toBeUndefined()
    })
  })

  it('is shared by the tasks nested in it, whatever they may spend themselves', async () => {
    const { ops, ask } = start(options)
    await ops.task({ id: 'outer', budgetUsd: 0.002 }, async (outer) => {
      await ops.task({ id: 'inner', budgetUsd: 1 }, async (inner) => {
        await ask()
        expect(inner.budget).toMatchObject({ limitUsd: 1, spentUsd: billedUsd() })
        expect(inner.budget?.leftUsd).toBeCloseTo(0.002 - billedUsd(), 12)
        const error = await rejected(ask({ messages: [{ role: 'user', content: 'x'.repeat(2000) }] }))
        expect(error).toMatchObject({ code: 'run_budget_exceeded', error: { scope: 'task:outer' } })
      })
      await ops.task({}, () => ask())
      expect(outer.budget?.spentUsd).toBe(billedUsd())
    })
  })

  it('of a nested task ends with it, and leaves the rest to its parent', async () => {
    const { ops, ask } = start(options)
    await ops.task({ budgetUsd: 1 }, async () => {
      await expect(ops.task({ id: 'inner', budgetUsd: 0 }, () => ask())).rejects.toMatchObject({
        code: 'run_budget_exceeded',
        error: { scope: 'task:inner', reason: 'zero' },
      })
      await ask()
    })
  })

  it('is never passed by calls that run at the same time, in nested tasks too', async () => {
    const { ops, ask } = start({ ...options, ...(options.budget && { budget: { limitUsd: 100, waitForHoldsMs: 0 } }) })
    const call = fc.record({
      tokens: fc.integer({ min: 1, max: 2000 }),
      length: fc.integer({ min: 1, max: 3000 }),
      stream: fc.boolean(),
      nestedUsd: fc.option(fc.double({ min: 0, max: 0.01, noNaN: true }), { nil: undefined }),
    })
    const property = fc.asyncProperty(
      fc.array(call, { minLength: 2, maxLength: 12 }),
      fc.double({ min: 0.0005, max: 0.02, noNaN: true }),
      async (calls, budgetUsd) => {
        const before = endpoint.totalCostNanos()
        let most = 0
        await ops.task({ budgetUsd }, async (task) => {
          const look = () => {
            const { spentUsd, heldUsd } = task.budget!
            most = Math.max(most, Math.round((spentUsd + heldUsd) * 1e9))
          }
          await Promise.all(
            calls.map(({ tokens, length, stream, nestedUsd }) =>
              rejected(
                ops.task(nestedUsd === undefined ? {} : { budgetUsd: nestedUsd }, async () => {
                  const content = 'x '.repeat(length / 2)
                  const size = { max_completion_tokens: tokens, messages: [{ role: 'user', content }] }
                  const answer = ask({ ...size, stream }).finally(look) as Promise<unknown>
                  look()
                  if (stream) for await (const _ of (await answer) as AsyncIterable<unknown>) look()
                  else await answer
                }),
              ),
            ),
          )
          look()
          expect(task.budget?.heldUsd).toBe(0)
          expect(Math.round(task.budget!.spentUsd * 1e9)).toBe(endpoint.totalCostNanos() - before)
        })
        expect(most).toBeLessThanOrEqual(Math.ceil(budgetUsd * 1e9))
      },
    )
    await fc.assert(property, { numRuns: 25 })
  })

  it('waits for what its open calls hold before it refuses another', async () => {
    const { ops, ask } = start(options)
    await ops.task({ budgetUsd: 0.0018 }, () => Promise.all([ask(), ask(), ask()]))
    expect(endpoint.attempts).toHaveLength(3)
  })

  it('sends one notice that a share of it is spent, so that an agent can wrap up', async () => {
    const { ops, ask } = start(options)
    const notices: TaskBudgetState[] = []
    const onBudgetNotice = (budget: TaskBudgetState) => notices.push(budget)
    await ops.task({ budgetUsd: 1, budgetNoticeAt: 0.00001, onBudgetNotice }, async () => {
      await ask()
      await ask()
    })
    expect(notices).toHaveLength(1)
    expect(notices[0]).toMatchObject({ limitUsd: 1, heldUsd: 0 })
    expect(notices[0]!.spentUsd).toBeGreaterThan(0)
    await ops.task({ budgetUsd: 1, onBudgetNotice }, () => ask())
    expect(notices).toHaveLength(1)
  })
})

describe('the budget of a task beside that of its tenant', () => {
  it('moves a call to the cheaper model where only that can be paid', async () => {
    const { ops, ask } = start({ budget: { limitUsd: 1, downshift: { to: { 'gpt-4o': 'gpt-4o-mini' } } } })
    const answer = await ops.task({ budgetUsd: 0.0003 }, () => ask())
    expect(answer.model).toBe('gpt-4o-mini')
  })

  it('refuses at once what its open calls hold where calls are not to wait', async () => {
    const { ops, ask } = start({ budget: { limitUsd: 1, waitForHoldsMs: 0 } })
    await ops.task({ budgetUsd: 0.0018 }, async () => {
      const [, second] = await Promise.all([ask(), rejected(ask())])
      expect(second).toMatchObject({ code: 'run_budget_exceeded', error: { reason: 'held' } })
    })
  })

  it('leaves the words to the tenant that has less', async () => {
    const { ops, ask } = start({ budget: { limitUsd: 0 } })
    await expect(ops.task({ budgetUsd: 1 }, () => ask())).rejects.toMatchObject({ code: 'budget_exceeded' })
  })

  it('releases what it held for a call that the tenant could not pay', async () => {
    const { ops, ask } = start({ budget: { limitUsd: 0 } })
    await ops.task({ budgetUsd: 1 }, async (task) => {
      await rejected(ask())
      expect(task.budget).toMatchObject({ spentUsd: 0, heldUsd: 0 })
    })
  })
})

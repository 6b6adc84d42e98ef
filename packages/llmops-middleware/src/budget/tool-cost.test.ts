import { describe, expect, it } from 'vitest'
import { RecordedTelemetry } from '../../test/support/recorded-telemetry.ts'
import { budgetRefusalOf, createLlmOps, type Task, type ToolOptions, ToolUnavailable } from '../index.ts'
import { createSli } from '../sli/index.ts'
import type { BudgetOptions } from './index.ts'

const parameters = { type: 'object' } as const

function start(budget: BudgetOptions | undefined, tool: Partial<ToolOptions> & Pick<ToolOptions, 'costUsd'>) {
  const telemetry = new RecordedTelemetry()
  const sli = createSli({ meter: telemetry.meter })
  const ops = createLlmOps({ sli, defaultTenant: 'contoso', ...(budget && { budget }) })
  let runs = 0
  const search = ops.tool({
    name: 'search',
    description: 'Searches the web',
    parameters,
    effect: 'read',
    run: () => ({ pages: ++runs }),
    ...tool,
  })
  return { ops, search, telemetry, runs: () => runs }
}

const spent = async ({ ops }: ReturnType<typeof start>) => {
  await ops.budget?.drain()
  return await ops.budget?.read('contoso')
}
const rejected = (promise: Promise<unknown>) => promise.catch((error: unknown) => error)

describe('the cost of a tool', () => {
  it('is charged to its tenant, its task and the SLIs, and held while it runs', async () => {
    const app = start(
      { limitUsd: 1 },
      {
        costUsd: 0.2,
        run: async () => expect(await app.ops.budget?.read('contoso')).toMatchObject({ heldUsd: 0.2, spentUsd: 0 }),
      },
    )
    await app.ops.task({ budgetUsd: 0.5 }, async (task) => {
      await app.search.call({})
      expect(task.totals.costUsd).toBe(0.2)
      expect(task.budget).toMatchObject({ spentUsd: 0.2, heldUsd: 0 })
    })
    expect(await spent(app)).toMatchObject({ spentUsd: 0.2, heldUsd: 0 })
    const attributes = { tenant: 'contoso', model: 'search' }
    expect(await app.telemetry.points('agent.cost.usd')).toEqual([{ attributes, value: 0.2 }])
  })

  it('keeps it from running where its task cannot pay, with the facts, and nothing stays held', async () => {
    const app = start({ limitUsd: 1 }, { costUsd: 0.2 })
    let task: Task | undefined
    const failing = app.ops.task({ id: 'one', budgetUsd: 0.3 }, async (own) => {
      task = own
      await app.search.call({})
      await app.search.call({})
    })
    const error = await rejected(failing)
    expect(error).toMatchObject({ code: 'run_budget_exceeded', message: expect.stringMatching(/'search' was not run/) })
    expect(budgetRefusalOf(error)).toMatchObject({ scope: 'task:one', neededUsd: 0.2, leftUsd: 0.1, limitUsd: 0.3 })
    expect(task?.outcome).toEqual({ status: 'failure', reason: 'run_budget_exceeded' })
    expect(app.runs()).toBe(1)
    expect(await spent(app)).toMatchObject({ spentUsd: 0.2, heldUsd: 0 })
  })

  it('keeps it from running where its tenant cannot pay, and its task gets its hold back', async () => {
    const app = start({ limitUsd: 0.1 }, { costUsd: 0.2, effect: 'effect' })
    await app.ops.task({ budgetUsd: 1 }, async (task) => {
      const error = await rejected(app.search.call({}, { id: 'call-1' }))
      expect(error).toMatchObject({ code: 'budget_exceeded' })
      expect(budgetRefusalOf(error)).toMatchObject({ scope: 'tenant:contoso', reason: 'does_not_fit' })
      expect(task.budget).toMatchObject({ spentUsd: 0, heldUsd: 0 })
      await app.ops.budget?.setLimit({ tenant: 'contoso', limitUsd: 1 })
      expect(await app.search.call({}, { id: 'call-1' })).toEqual({ pages: 1 })
    })
  })

  it('is never more than a task has, however many run at once', async () => {
    const app = start(undefined, { costUsd: 0.2 })
    await app.ops.task({ budgetUsd: 0.7 }, async (task) => {
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => app.search.call({})))
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
      expect(task.budget).toMatchObject({ spentUsd: 0.6, heldUsd: 0 })
    })
    expect(app.runs()).toBe(3)
  })

  it.each([
    ['less', () => 0.05, 0.05],
    ['more, which was spent all the same', () => 0.4, 0.4],
    ['nothing', () => 0, 0],
    ['what cannot be', () => Number.NaN, 0.3],
    ['what is no money', () => -1, 0.3],
    [
      'nothing, because it throws',
      () => {
        throw new Error('It cannot tell.')
      },
      0.3,
    ],
  ])('is held at its bound, and is what its result says: %s', async (_, of, usd) => {
    const app = start({ limitUsd: 1 }, { costUsd: { atMost: 0.3, of } })
    await app.search.call({})
    expect(await spent(app)).toMatchObject({ spentUsd: usd, heldUsd: 0 })
  })

  it('is read from what the function returned, and not from what is passed on of it', async () => {
    const results: unknown[] = []
    const of = (result: unknown) => results.push(result) / 100
    const returned = new Map([['pages', 2]])
    const app = start({ limitUsd: 1 }, { costUsd: { atMost: 0.3, of }, run: () => returned })
    await app.search.call({})
    expect(results).toEqual([returned])
    expect(results[0]).toBe(returned)
  })

  it.each([
    ['of one that failed counts, because nobody knows what it cost', new Error('broken'), 'charge', 0.2],
    ['of one that failed counts nothing, by the rule', new Error('broken'), 'release', 0],
    ['of one that did nothing is given back', new ToolUnavailable('down'), 'charge', 0],
  ] as const)('%s', async (_, error, unknownOutcome, usd) => {
    const run = () => {
      throw error
    }
    const app = start({ limitUsd: 1, unknownOutcome }, { costUsd: 0.2, run })
    await app.ops.task({ budgetUsd: 1 }, async (task) => {
      await rejected(app.search.call({}))
      expect(task.budget).toMatchObject({ spentUsd: usd, heldUsd: 0 })
    })
    expect(await spent(app)).toMatchObject({ spentUsd: usd, heldUsd: 0 })
  })

  it('of arguments that are beyond repair is nothing', async () => {
    const app = start({ limitUsd: 1 }, { costUsd: 0.2 })
    await rejected(app.search.call('no object'))
    expect(await spent(app)).toMatchObject({ spentUsd: 0, heldUsd: 0 })
  })

  it('is an error if no tenant pays', async () => {
    const ops = createLlmOps()
    const search = ops.tool({ name: 'search', description: 'Searches', parameters, costUsd: 0.1, run: () => 1 })
    await expect(search.call({})).rejects.toMatchObject({ code: 'invalid_option', option: 'tenant' })
  })
})

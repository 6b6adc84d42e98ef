import { createOpenAI } from '@ai-sdk/openai'
import { generateText, stepCountIs } from 'ai'
import { startModelEndpoint } from 'local-azure/model'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createLlmOps } from '../index.ts'
import { createTaskRunner, currentTask, type Task } from '../task.ts'
import { createToolFactory, ToolCallLimitError, type ToolEffect, ToolLoopError, type ToolOptions } from './index.ts'

const tool = createToolFactory()
const task = createTaskRunner()
const tenant = 'contoso'
const parameters = { type: 'object', properties: { id: { type: 'integer' } } }
const base = { name: 'find', description: 'Finds', effect: 'read' as ToolEffect, parameters }
const find = (options: Partial<ToolOptions> = {}) => tool({ ...base, run: () => ({ found: true }), ...options })

/** Returns the outcomes of a number of calls in a task, and of the task. */
async function calls(count: number, call: (index: number) => Promise<unknown>) {
  let of: Task | undefined
  const outcomes: unknown[] = []
  await task({ tenant }, async (own) => {
    of = own
    for (let index = 0; index < count; index++) {
      outcomes.push(await call(index).catch((error: unknown) => error))
    }
  }).catch(() => {})
  return { outcomes, outcome: of?.outcome, signal: of!.signal }
}

const NOTE = /call 3 .*same arguments.*same result/

describe('a tool that is called again with the same arguments and returns the same result', () => {
  it('adds a note for the model from the third call on', async () => {
    const { outcomes, outcome } = await calls(5, () => find().call({ id: 1 }))
    expect(outcomes.slice(0, 2)).toEqual([{ found: true }, { found: true }])
    expect(outcomes[2]).toEqual({ found: true, note: expect.stringMatching(NOTE) })
    expect(outcomes.slice(3)).toEqual([
      { found: true, note: expect.stringContaining('call 4') },
      { found: true, note: expect.stringContaining('call 5') },
    ])
    expect(outcome).toEqual({ status: 'success' })
  })

  it.each([
    ['at the end of a text', 'found', expect.stringMatching(/^found\n\n\[This is call 3/)],
    ['as the last element of a list', ['a'], ['a', expect.stringMatching(NOTE)]],
    ['beside a number only', 7, 7],
  ])('adds it %s, and in the note of `execute`', async (_, value, told) => {
    const { outcomes } = await calls(3, () => find({ run: () => value }).execute({}))
    expect(outcomes[2]).toMatchObject({ value: told, note: expect.stringMatching(/^This is call 3/) })
    expect(outcomes[1]).toEqual({ value, status: 'ok', answeredBy: 'find' })
  })

  it('does not change a result that has an output schema', async () => {
    const { outcomes } = await calls(3, () => find({ output: { type: 'object' } }).execute({}))
    expect(outcomes[2]).toMatchObject({ value: { found: true }, note: expect.stringMatching(NOTE) })
    expect((outcomes[2] as { value: unknown }).value).toEqual({ found: true })
  })

  it('throws a ToolLoopError at the sixth call and fails the task, whatever its function returns', async () => {
    const { outcomes, outcome, signal } = await calls(6, () => find().call({ id: 1 }))
    expect(outcomes[5]).toBeInstanceOf(ToolLoopError)
    expect(outcomes[5]).toMatchObject({ code: 'loop', tool: 'find', calls: 6 })
    expect(outcome).toEqual({ status: 'failure', reason: 'loop' })
    expect(signal.aborted).toBe(false)
  })

  it('ends the task of a program that catches the error and goes on', async () => {
    let ran = 0
    const run = () => ++ran && 'same'
    const { outcomes, outcome, signal } = await calls(50, async () => {
      currentTask()!.signal.throwIfAborted()
      return find({ run }).call({})
    })
    expect(outcomes.slice(5)).toEqual(Array(45).fill(expect.any(ToolLoopError)))
    expect(ran).toBe(7)
    expect(signal.reason).toBeInstanceOf(ToolLoopError)
    expect(outcome).toEqual({ status: 'failure', reason: 'loop' })
  })

  it('is found in any spelling of the arguments', async () => {
    const spellings = ['{"id":1,"tag":"a"}', '{"tag":"a", "id":1}', '{"tag":"a","id":"1",}', { tag: 'a', id: 1 }]
    const { outcomes } = await calls(4, (index) => find().call(spellings[index], { isComplete: true }))
    expect(outcomes).toEqual([
      { found: true },
      { found: true },
      { found: true, note: expect.stringMatching(NOTE) },
      { found: true, note: expect.stringContaining('call 4') },
    ])
  })

  it.each<readonly [string, (index: number) => object]>([
    ['the time as a text', (index) => ({ now: new Date(Date.now() + index).toISOString() })],
    ['the time in milliseconds', (index) => ({ timestamp: Date.now() + index })],
    ['the time in seconds', (index) => ({ at: Math.floor(Date.now() / 1000) + index })],
    ['a nonce', (index) => ({ nonce: `n${index}` })],
  ])('is found where its arguments differ only in %s', async (_, changing) => {
    const { outcomes } = await calls(6, (index) => find().call({ id: 1, ...changing(index) }))
    expect(outcomes[5]).toBeInstanceOf(ToolLoopError)
    // The twin: another argument differs too.
    expect((await calls(6, (index) => find().call({ id: index, ...changing(index) }))).outcomes[5]).toEqual({
      found: true,
    })
  })

  it.each<readonly [string, (index: number) => object]>([
    ['the time of its results', (index) => ({ found: false, at: new Date(Date.now() + index) })],
    ['the id of their requests', (index) => ({ found: false, requestId: `r${index}` })],
  ])('is found where nothing but %s differs', async (_, result) => {
    let index = 0
    const { outcomes } = await calls(6, () => find({ run: () => result(index++) }).call({ id: 1 }))
    expect(outcomes[5]).toBeInstanceOf(ToolLoopError)
  })

  it.each<readonly [string, (now: number, index: number) => object]>([
    ['the parts of the last hour', (now, index) => ({ at: new Date(now - index * 600_000) })],
    ['the parts of the last minute', (now, index) => ({ since: now - index * 1000, until: now - index * 1000 + 999 })],
    ['pages', (now, index) => ({ next_cursor: now + index })],
    ['what was made just now', (now, index) => ({ orderId: now + index })],
    ['a list of what was made just now', (now, index) => ({ orders: [now + index] })],
    ['messages named by their time', (now, index) => ({ ts: `${Math.floor(now / 1000)}.00000${index}` })],
  ])('is not found where it reads %s', async (_, part) => {
    const now = Date.now()
    const { outcome } = await calls(6, (index) => find().call(part(now, index)))
    expect(outcome).toEqual({ status: 'success' })
  })

  it('is not found with other days, other ids, or a clock', async () => {
    let ticks = 0
    const clock = find({ run: () => ({ now: Date.now() + ticks++ }) })
    for (const call of [
      (index: number) => find().call({ day: `2020-01-0${index + 1}T00:00:00Z` }),
      (index: number) => find().call({ requestId: `r${index}` }),
      () => clock.call({}),
    ]) {
      const { outcome } = await calls(6, call)
      expect(outcome).toEqual({ status: 'success' })
    }
  })

  it('is found between other calls too', async () => {
    const other = find({ name: 'read', run: ({ id }) => id })
    const { outcomes } = await calls(12, (index) => (index % 2 === 0 ? find().call({}) : other.call({ id: index })))
    expect(outcomes[10]).toBeInstanceOf(ToolLoopError)
    expect(outcomes.filter((_, index) => index % 2 === 1)).toEqual([1, 3, 5, 7, 9, 11])
  })

  it('is found with long arguments and long results as with short ones', async () => {
    const text = 'x'.repeat(100_000)
    const run = ({ id }: { id?: number }) => ({ text, id })
    const { outcomes } = await calls(6, () => find({ run }).call({ text }))
    expect(outcomes[5]).toBeInstanceOf(ToolLoopError)
    const { outcome } = await calls(20, (index) => find({ run }).call({ text: `${text}${index}` }))
    expect(outcome).toEqual({ status: 'success' })
  })

  it('is found when it fails with the same error, which is the cause', async () => {
    const run = () => {
      throw new RangeError('no such row')
    }
    const { outcomes, outcome } = await calls(6, () => find({ run }).call({ id: 1 }))
    expect(outcomes.slice(0, 5)).toEqual(Array(5).fill(new RangeError('no such row')))
    expect(outcomes[5]).toMatchObject({ code: 'loop', cause: { message: 'no such row' } })
    expect(outcome).toEqual({ status: 'failure', reason: 'loop' })
  })

  it('is found when its arguments cannot be repaired each time', async () => {
    const { outcomes } = await calls(6, () => find().call('nonsense'))
    expect(outcomes[4]).toMatchObject({ code: 'repair_failed' })
    expect(outcomes[5]).toMatchObject({ code: 'loop', cause: { code: 'repair_failed' } })
  })
})

describe('no loop', () => {
  it.each([
    ['the result changes', (index: number) => ({ run: () => index })],
    ['the error changes', (index: number) => ({ run: () => Promise.reject(new Error(`row ${index}`)) })],
    ['it polls', () => ({ maxRepeats: 'off' as const })],
  ])('is seen where %s', async (_, options) => {
    const { outcomes, outcome } = await calls(20, (index) => find(options(index)).call({ id: 1 }))
    expect(JSON.stringify(outcomes)).not.toContain('same')
    expect(outcomes.some((each) => each instanceof ToolLoopError)).toBe(false)
    expect(outcome).toEqual({ status: 'success' })
  })

  it('is found where the function returns one object and changes it', async () => {
    const state = { percent: 0 }
    const run = () => {
      state.percent++
      return state
    }
    const { outcomes } = await calls(3, () => find({ run }).call({}))
    expect(outcomes[2]).toEqual({ percent: 3 })
  })

  it('is found where another result comes in between: the count starts again', async () => {
    const results = ['a', 'a', 'b', 'a', 'a', 'a']
    const { outcomes } = await calls(6, (index) => find({ run: () => results[index] }).call({}))
    expect(outcomes.slice(0, 5)).toEqual(results.slice(0, 5))
    expect(outcomes[5]).toMatch(NOTE)
  })

  it('is found where the arguments differ, though the function changes them', async () => {
    const run = (args: { id?: number | undefined }) => {
      args.id = undefined
      return 'none'
    }
    const { outcomes } = await calls(10, (index) => find({ run }).call({ id: index }))
    expect(outcomes).toEqual(Array(10).fill('none'))
  })

  it('is found across several tasks, in nested tasks, or outside a task', async () => {
    const one = find()
    for (let time = 0; time < 7; time++) await task({ tenant }, () => one.call({}))
    await task({ tenant }, () => Promise.all([1, 2, 3, 4, 5, 6, 7].map(() => task({}, () => one.call({})))))
    for (let time = 0; time < 7; time++) expect(await one.call({})).toEqual({ found: true })
  })

  it('ends a tool with an effect, which happened: each result has a note', async () => {
    const { outcomes, outcome } = await calls(10, () => find({ effect: 'effect' }).call({ id: 1 }))
    expect(outcomes[1]).toEqual({ found: true })
    expect(outcomes.slice(2)).toEqual(
      Array(8).fill({ found: true, note: expect.stringMatching(/may have had its effect/) }),
    )
    expect(outcome).toEqual({ status: 'success' })
  })
})

describe('maxRepeats', () => {
  it('is the number of the call that throws; from half of it on the result has a note', async () => {
    const { outcomes } = await calls(4, () => find({ maxRepeats: 4 }).call({}))
    expect(outcomes.map((each) => each instanceof ToolLoopError)).toEqual([false, false, false, true])
    expect(outcomes[1]).toMatchObject({ note: expect.stringContaining('call 2') })
    const two = await calls(2, () => find({ maxRepeats: 2 }).call({}))
    expect(two.outcomes).toEqual([{ found: true }, expect.any(ToolLoopError)])
  })

  it('is off for a tool that polls', async () => {
    const { outcomes, outcome } = await calls(9, () => find({ maxRepeats: 'off' }).call({}))
    expect(outcomes).toEqual(Array(9).fill({ found: true }))
    expect(outcome).toEqual({ status: 'success' })
  })

  it('does not replace the errors of a tool with an effect, which may have happened each time', async () => {
    const error = new RangeError('no money')
    const effect = find({ effect: 'effect', run: () => Promise.reject(error) })
    const { outcomes, outcome } = await calls(9, () => effect.call({}))
    expect(outcomes).toEqual(Array(9).fill(error))
    expect(outcome).toEqual({ status: 'success' })
  })

  it('counts thrown values that are not errors by their text', async () => {
    const throwing = (say: (index: number) => string) => (index: number) =>
      find({ maxRepeats: 3, run: () => Promise.reject(say(index)) }).call({})
    const same = await calls(
      3,
      throwing(() => 'no such row'),
    )
    expect(same.outcomes[2]).toMatchObject({ code: 'loop', cause: 'no such row' })
    const other = await calls(
      4,
      throwing((index) => `no row ${index}`),
    )
    expect(other.outcomes[3]).toBe('no row 3')
  })

  it('counts refused arguments in any spelling, and those that JSON cannot represent', async () => {
    const spellings = ['{"id":"x"}', '{ "id": "x" }', { id: 'x' }]
    const refused = await calls(3, (index) => find({ maxRepeats: 3 }).call(spellings[index]))
    expect(refused.outcomes[2]).toMatchObject({ code: 'loop', cause: { code: 'repair_failed' } })
    const big = z.object({ id: z.number().transform(BigInt), to: z.string().optional() })
    const same = await calls(3, () => find({ maxRepeats: 3, parameters: big }).call({ id: 1 }))
    expect(same.outcomes[2]).toMatchObject({ code: 'loop' })
    const other = await calls(3, (id) => find({ maxRepeats: 3, parameters: big }).call({ id, to: 'Ada' }))
    expect(other.outcomes[2]).toEqual({ found: true })
  })

  it('adds its note to that of a result that was cut', async () => {
    const large = find({ maxResultBytes: 1000, run: () => ['x'.repeat(2000)] })
    const { outcomes } = await calls(3, () => large.execute({}))
    expect(outcomes[1]).toMatchObject({ note: expect.stringMatching(/was cut.*less of it\.$/) })
    expect(outcomes[2]).toMatchObject({ note: expect.stringMatching(/was cut.*less of it\. This is call 3/) })
  })

  it.each([1, 'on', 2.5])('refuses %j by name', (maxRepeats) => {
    expect(() => find({ maxRepeats } as never)).toThrow(/`maxRepeats`.*from 2.*off/)
  })
})

describe('maxCalls of a tool', () => {
  it('refuses further calls in one task, nested tasks included, and runs nothing', async () => {
    let ran = 0
    const limited = find({ maxCalls: 2, run: () => ++ran })
    const { outcomes, outcome } = await calls(3, (id) => task({}, () => limited.call({ id })))
    expect(outcomes.slice(0, 2)).toEqual([1, 2])
    expect(outcomes[2]).toBeInstanceOf(ToolCallLimitError)
    expect(outcomes[2]).toMatchObject({ code: 'tool_call_limit', tool: 'find', maxCalls: 2, limitOf: 'tool' })
    expect(ran).toBe(2)
    expect(outcome).toEqual({ status: 'success' })
    expect(await task({ tenant }, () => limited.call({ id: 1 }))).toBe(3)
    for (let id = 0; id < 5; id++) await limited.call({ id })
  })

  it('counts by the name of the tool, which may be created again in one task', async () => {
    const { outcomes } = await calls(3, (id) => find({ maxCalls: 2 }).call({ id }))
    expect(outcomes[2]).toBeInstanceOf(ToolCallLimitError)
  })

  it('ends a loop by the refusals of one tool, or by those of the whole task', async () => {
    const two = (index: number) => (index % 2 === 0 ? 'a' : 'b')
    const own = await calls(10, (id) => find({ name: two(id), maxCalls: 1, maxRepeats: 5 }).call({ id }))
    expect(own.outcomes.slice(2).map((error) => (error as { code: string }).code)).toEqual(
      Array(8).fill('tool_call_limit'),
    )
    const codes: unknown[] = []
    const run = async () => {
      for (let id = 0; id < 6; id++) {
        await find({ name: two(id), maxRepeats: 5 })
          .call({ id })
          .catch((error: { code: unknown }) => codes.push(error.code))
      }
    }
    await task({ tenant, maxCalls: 1 }, run)
    expect(codes).toEqual([...Array(4).fill('tool_call_limit'), 'loop'])
  })

  it('ends a loop that goes on with other arguments', async () => {
    const { outcomes, outcome } = await calls(8, (id) => find({ maxCalls: 2, effect: 'effect' }).call({ id }))
    expect(outcomes[6]).toBeInstanceOf(ToolCallLimitError)
    expect(outcomes[7]).toMatchObject({ code: 'loop', cause: { code: 'tool_call_limit' } })
    expect(outcome).toEqual({ status: 'failure', reason: 'loop' })
  })
})

describe('maxCalls of a task', () => {
  it('limits all tools of the task and of its nested tasks, which may have limits of their own', async () => {
    const codes: unknown[] = []
    const call = (name: string, id: number) =>
      find({ name })
        .call({ id })
        .then(
          () => codes.push('ok'),
          (error: { code: string; limitOf: string; maxCalls: number }) =>
            codes.push(`${error.code} ${error.limitOf} ${error.maxCalls}`),
        )
    await task({ tenant, maxCalls: 3 }, async () => {
      await call('a', 1)
      await task({ maxCalls: 1 }, async () => {
        await call('b', 2)
        await call('a', 3)
      })
      await call('b', 4)
      await call('c', 5)
    })
    expect(codes).toEqual(['ok', 'ok', 'tool_call_limit task 1', 'ok', 'tool_call_limit task 3'])
  })

  it('is the reason of the failure of the task when its function throws the error', async () => {
    let of: Task | undefined
    const run = task({ tenant, maxCalls: 1 }, async (own) => {
      of = own
      for (let id = 0; id < 9; id++) await find().call({ id })
    })
    await expect(run).rejects.toBeInstanceOf(ToolCallLimitError)
    expect(of?.outcome).toEqual({ status: 'failure', reason: 'tool_call_limit' })
  })

  it.each([-1, 1.5, 'many'])('refuses %j by name', async (maxCalls) => {
    await expect(task({ tenant, maxCalls: maxCalls as number }, () => {})).rejects.toThrow(/`maxCalls`/)
  })
})

describe('a model that calls the same tool forever', () => {
  const closing: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0)) await close()
  })

  it('is stopped inside an SDK that catches what tools throw', async () => {
    const toolCalls = [{ name: 'find', arguments: '{"id":1}' }]
    const endpoint = await startModelEndpoint({ script: () => ({ text: '', toolCalls }) })
    closing.push(() => endpoint.close())
    const ops = createLlmOps({ budget: { limitUsd: 5 } })
    const model = createOpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: 'any', fetch: ops.fetch }).chat('gpt-4o-mini')
    let of: Task | undefined
    const run = ops.task({ tenant }, (own) => {
      of = own
      const { aiSdkTool } = ops.tool({ ...base, run: () => ({ found: true }) })
      return generateText({ model, prompt: 'Find it.', tools: { find: aiSdkTool }, stopWhen: stepCountIs(50) })
    })
    await expect(run).rejects.toThrow()
    expect(of?.outcome).toEqual({ status: 'failure', reason: 'loop' })
    expect(of?.totals.toolCalls).toBe(7)
    await ops.close()
  })
})

import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ChaosController, chaosAroundTool } from '../chaos/index.ts'
import { RepairFailedError } from '../repair/index.ts'
import { createTaskRunner } from '../task.ts'
import {
  createToolFactory,
  NoToolAvailable,
  type ToolCallOptions,
  type ToolOptions,
  ToolUnavailable,
  UnknownOutcomeError,
} from './index.ts'

const tool = createToolFactory()
const parameters = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'integer' } },
  additionalProperties: false,
}
const base = { name: 'find', description: 'Finds a thing', parameters }
const never = () => new Promise<never>(() => {})

describe('a tool', () => {
  it('repairs the text that the model wrote, and returns what its function returns', async () => {
    const find = tool({ ...base, run: ({ id }) => ({ found: id }) })
    expect(await find.call('```json\n{"id":"7",}\n```')).toEqual({ found: 7 })
  })

  it('has the definition that the provider requires, from a Standard Schema too', () => {
    const find = tool({ ...base, parameters: z.object({ id: z.number() }), run: ({ id }) => id + 1 })
    expect(find.definition).toEqual({
      type: 'function',
      function: {
        name: 'find',
        description: 'Finds a thing',
        parameters: { type: 'object', properties: { id: { type: 'number' } }, required: ['id'] },
      },
    })
  })

  it('runs nothing when its arguments cannot be repaired', async () => {
    let ran = false
    const find = tool({
      ...base,
      run: () => {
        ran = true
      },
    })
    await expect(find.call('{"id":"seven"}')).rejects.toBeInstanceOf(RepairFailedError)
    expect(ran).toBe(false)
  })

  it.each([
    ['no object', '[1,2]', ''],
    ['a bare text', '"seven"', ''],
    ['nothing', undefined, '/id'],
    ['a prototype among its keys', '{"id":1,"__proto__":{"isAdmin":true}}', '/__proto__'],
    ['a prototype among the keys of an object', JSON.parse('{"id":1,"__proto__":{"isAdmin":true}}'), '/__proto__'],
    ['a text of ten megabytes', `{"id":"${'x'.repeat(10_000_000)}"}`, '/id'],
    ['a name of ten megabytes', `{"id":1,"${'x'.repeat(10_000_000)}":1}`, ''],
    ['ten thousand arrays in each other', `{"id":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, `/id${'/0'.repeat(63)}`],
    ['arrays without an end', `{"id":${'['.repeat(100_000)}`, ''],
  ])('given %s runs nothing, and says where the fault is', async (_, args, path) => {
    let ran = false
    const find = tool({
      ...base,
      run: () => {
        ran = true
      },
    })
    const error = await find.call(args).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(RepairFailedError)
    expect((error as RepairFailedError).issues.map((issue) => issue.path)).toContain(path)
    // Models get this text when they are asked again, and people read it.
    expect((error as Error).message.length).toBeLessThan(2000)
    expect(ran).toBe(false)
    expect({}).not.toHaveProperty('isAdmin')
  })

  it('names the function that answered if it was not the first', async () => {
    const find = tool({
      ...base,
      effect: 'read',
      run: () => {
        throw new ToolUnavailable('find')
      },
      fallbacks: [
        function snapshot() {
          return 'old'
        },
      ],
    })
    expect(await find.execute({ id: 1 })).toEqual({ value: 'old', status: 'fallback', answeredBy: 'snapshot' })
  })

  it('passes the signal, the deadline and a key that is the same for the same call to its function', async () => {
    const keys: (string | undefined)[] = []
    const find = tool({
      ...base,
      effect: 'idempotent',
      run: (_, { idempotencyKey, deadlineAtMs }) => {
        keys.push(idempotencyKey)
        expect(deadlineAtMs).toBeGreaterThan(Date.now())
      },
    })
    await createTaskRunner()({ tenant: 'contoso', id: 't1', deadlineMs: 60_000 }, async () => {
      await find.call({ id: 1 }, { id: 'call_1' })
      await find.call({ id: 1 }, { id: 'call_1' })
      await find.call({ id: 1 }, { id: 'call_2' })
    })
    expect(keys).toEqual(['t1:find:call_1', 't1:find:call_1', 't1:find:call_2'])
  })

  it('passes a context to its function whose copy has the signal too', async () => {
    const find = tool({
      ...base,
      run: (_, context) => {
        const copy = { ...context }
        return [copy.signal instanceof AbortSignal, copy.signal === context.signal]
      },
    })
    expect(await find.call({ id: 1 })).toEqual([true, true])
  })

  it('with an effect is not retried and does not fall back once the effect may have happened', async () => {
    let asked = 0
    const pay = tool({ ...base, effect: 'effect', timeoutMs: 5, run: never, fallbacks: [() => asked++] })
    const error = await pay.call({ id: 1 }, { id: 'call_1' }).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(UnknownOutcomeError)
    expect(error).toMatchObject({ idempotencyKey: 'no-task:find:call_1' })
    expect(asked).toBe(0)
  })

  it('with an effect falls back while it is certain that nothing happened', async () => {
    const pay = tool({
      ...base,
      effect: 'effect',
      run: () => {
        throw new ToolUnavailable('bank')
      },
      fallbacks: [() => 'by hand'],
    })
    expect(await pay.call({ id: 1 })).toBe('by hand')
  })

  it('falls back after an injected outage, and is unavailable when every function has one', async () => {
    const chaos = new ChaosController()
    const chaotic = createToolFactory({ around: chaosAroundTool(chaos) })
    const find = chaotic({ ...base, effect: 'read', run: () => 'new', fallbacks: [() => 'old'] })
    chaos.set({ mode: 'outage', probability: 1 })
    await expect(find.call({ id: 1 })).rejects.toBeInstanceOf(NoToolAvailable)
    chaos.set({ mode: 'outage', probability: 1, tools: ['find'] })
    expect(await find.call({ id: 1 })).toBe('old')
    chaos.clear()
    expect(await find.call({ id: 1 })).toBe('new')
  })

  it('runs at most maxConcurrent calls at once, in the order in which they came', async () => {
    let running = 0
    const most: number[] = []
    const find = tool({
      ...base,
      maxConcurrent: 2,
      run: async ({ id }) => {
        most.push(++running)
        await new Promise((resolve) => setImmediate(resolve))
        running--
        return id
      },
    })
    expect(await Promise.all([1, 2, 3, 4, 5].map((id) => find.call({ id })))).toEqual([1, 2, 3, 4, 5])
    expect(Math.max(...most)).toBe(2)
  })

  it('limits the size of what a model has to read', async () => {
    const find = tool({ ...base, maxResultBytes: 10, run: () => 'x'.repeat(11) })
    expect(await find.execute({ id: 1 })).toMatchObject({ value: 'x'.repeat(10), note: expect.stringContaining('cut') })
  })

  it('removes its listeners from the signals of its caller and of its task when it ends', async () => {
    const find = tool({ ...base, run: (_, { signal }) => signal.aborted })
    const { signal } = new AbortController()
    await createTaskRunner()({ tenant: 'contoso' }, async (task) => {
      const listening = () => [signal, task.signal].map((each) => getEventListeners(each, 'abort').length)
      const before = listening()
      const call = find.call({ id: 1 }, { signal })
      expect(listening()).toEqual(before.map((count) => count + 1))
      await call
      await expect(find.call('nonsense', { signal })).rejects.toThrow()
      expect(listening()).toEqual(before)
    })
  })

  it('is aborted with its task', async () => {
    const find = tool({ ...base, effect: 'read', run: never })
    const late = createTaskRunner()({ tenant: 'contoso', deadlineMs: 5 }, () => find.call({ id: 1 }))
    await expect(late).rejects.toMatchObject({ code: 'deadline_exceeded' })
  })

  it.each([
    [{ name: 'two words' }, /name.*two words/],
    [{ description: '' }, /description/],
    [{ effect: 'maybe' }, /effect.*read.*maybe/],
    [{ timeoutMs: 0 }, /timeoutMs/],
    [{ maxConcurrent: 0 }, /maxConcurrent/],
    [{ run: 'find' }, /run/],
    [{ fallbacks: ['find'], effect: 'read' }, /`fallbacks\[0\]`.*a function.*find/],
    [{ efect: 'read' }, /`efect`.*`effect`/],
    [{ parameters: { type: 'banana' } }, /`parameters`.*JSON Schema/],
    [{ repair: { maxAttempts: 50 } }, /`repair\.maxAttempts`.*0 to 10.*50/],
    [{ repair: { maxCostUsd: -1 } }, /`repair\.maxCostUsd`.*-1/],
    [{ repair: { askmodel: () => '' } }, /`repair\.askmodel`.*`askModel`/],
  ])('refuses %j by its path, when it is made', (over, message) => {
    expect(() => tool({ ...base, run: () => 1, ...over } as ToolOptions)).toThrow(message)
  })

  it.each([
    [{ signl: AbortSignal.abort() }, /`signl`.*`signal`/],
    [{ id: 7 }, /`id`.*text.*7/],
    [{ askModel: 'gpt-4o' }, /`askModel`.*function/],
  ])('refuses to be called with %j, and runs nothing', async (options, message) => {
    let ran = false
    const find = tool({ ...base, run: () => (ran = true) })
    await expect(find.call({ id: 1 }, options as ToolCallOptions)).rejects.toThrow(message)
    expect(ran).toBe(false)
  })
})

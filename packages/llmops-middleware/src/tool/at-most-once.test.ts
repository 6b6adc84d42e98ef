import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { RepairableError } from '../repair/index.ts'
import { createTaskRunner } from '../task.ts'
import {
  createToolFactory,
  DuplicateCallError,
  type ToolContext,
  type ToolEffect,
  type ToolLayer,
  ToolUnavailable,
  UnknownOutcomeError,
} from './index.ts'

const tool = createToolFactory()
const task = createTaskRunner()
const base = {
  name: 'pay',
  description: 'Pays',
  parameters: { type: 'object', properties: { usd: { type: 'integer' } } },
}
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it was answered'),
    (error: unknown) => error,
  )
let lastKey = 0
const freshKey = () => `order-${++lastKey}`
const settled = () => new Promise((resolve) => setImmediate(resolve))

/** Pays, and counts how often. The first call does `first` instead. */
function payment(first?: () => unknown, effect?: ToolEffect) {
  const keys: (string | undefined)[] = []
  const run = (_: unknown, { idempotencyKey }: ToolContext): unknown => {
    keys.push(idempotencyKey)
    return keys.length === 1 && first ? first() : { payment: keys.length }
  }
  return { keys, run, pay: tool({ ...base, ...(effect && { effect }), run }) }
}

describe('an effect that is called twice with one key', () => {
  it('passes the key to its function unchanged', async () => {
    const { pay, keys } = payment()
    const key = freshKey()
    await pay.call({ usd: 5 }, { id: 'call_1', key })
    expect(keys).toEqual([key])
  })

  it('is started once, and its second call returns the outcome of the first', async () => {
    const { pay, keys } = payment()
    const key = freshKey()
    expect(await pay.call('{"usd":5}', { key })).toEqual({ payment: 1 })
    expect(await pay.execute({ usd: 5 }, { key })).toEqual({ value: { payment: 1 }, status: 'ok', answeredBy: 'pay' })
    expect(keys).toHaveLength(1)
  })

  it.each([
    ['a big integer', () => 10n],
    ['a regular expression', () => /a"b/],
    ['what cannot be read', () => Object.create({ toJSON: () => expect.fail('no JSON') })],
    ['a function', () => () => 1],
    ['a symbol', () => Symbol('paid')],
    ['what says nothing of itself', () => ({ toJSON: () => undefined })],
    ['nothing', () => undefined],
    ['a text of JSON', () => '"10"'],
  ])('returns the same result to the second call if JSON cannot represent it: %s', async (_, result) => {
    const { pay, keys } = payment(result)
    const key = freshKey()
    const first = await pay.execute({ usd: 5 }, { key })
    expect(await pay.execute({ usd: 5 }, { key })).toEqual(first)
    expect(['string', 'undefined']).toContain(typeof first.value)
    expect(keys).toHaveLength(1)
  })

  it('is started once while the first call still runs, and both get its outcome', async () => {
    const { promise, resolve } = Promise.withResolvers()
    const { pay, keys } = payment(() => promise)
    const key = freshKey()
    const calls = [1, 2, 3].map(() => pay.call({ usd: 5 }, { key }))
    await settled()
    resolve({ payment: 1 })
    expect(await Promise.all(calls)).toEqual([{ payment: 1 }, { payment: 1 }, { payment: 1 }])
    expect(keys).toHaveLength(1)
  })

  it('is started once, though the tool was created again in between', async () => {
    const { run, keys } = payment()
    const key = freshKey()
    await tool({ ...base, run }).call({ usd: 5 }, { key })
    await createToolFactory()({ ...base, run }).call({ usd: 5 }, { key })
    expect(keys).toHaveLength(1)
  })

  it('returns its own copy of the result to each caller', async () => {
    const { pay } = payment()
    const key = freshKey()
    const first = (await pay.call({ usd: 5 }, { key })) as { payment: number }
    first.payment = 99
    const second = (await pay.call({ usd: 5 }, { key })) as { payment: number }
    second.payment = 98
    expect(await pay.call({ usd: 5 }, { key })).toEqual({ payment: 1 })
  })

  it.each<readonly [string, unknown]>([
    ['a text', 'paid'],
    ['a text that is JSON', '{"payment":1}'],
    ['an empty text', ''],
    ['a number', 0],
    ['yes or no', false],
    ['null', null],
    ['nothing', undefined],
    ['a list', [1, 'a', null]],
    ['as much as is kept', { text: 'x'.repeat(4096 - '{"text":""}'.length) }],
    ['what JSON cannot represent', new Map([['payment', 1n]])],
  ])('has the same outcome the second time, whatever it is: %s', async (_, result) => {
    const { pay, keys } = payment(() => result)
    const key = freshKey()
    const first = await pay.execute({ usd: 5 }, { key })
    expect(await pay.execute({ usd: 5 }, { key })).toEqual(first)
    expect(await pay.execute({ usd: 5 }, { key })).toEqual(first)
    expect(keys).toHaveLength(1)
  })

  it('has the same outcome where the `output` schema converts the result', async () => {
    const output = z.object({ at: z.string().transform((text) => new Date(text)) })
    let runs = 0
    const pay = tool({ ...base, output, run: () => ({ at: '2026-11-26', run: ++runs }) })
    const key = freshKey()
    const first = await pay.call({ usd: 5 }, { key })
    expect(first).toEqual({ at: new Date('2026-11-26') })
    expect(await pay.call({ usd: 5 }, { key })).toEqual(first)
    expect(runs).toBe(1)
  })

  it('is started once, though it costs money and failed', async () => {
    const settled: string[] = []
    const payFor = async () => ({ settle: () => settled.push('known'), settleUnknown: () => settled.push('unknown') })
    let runs = 0
    const run = () => {
      runs++
      throw new RangeError('no money')
    }
    const pay = createToolFactory({ payFor })({ ...base, costUsd: 0.5, run })
    const key = freshKey()
    await expect(pay.call({ usd: 5 }, { key })).rejects.toThrow(RangeError)
    expect(await failure(pay.call({ usd: 5 }, { key }))).toMatchObject({ reason: 'failed' })
    expect({ runs, settled }).toEqual({ runs: 1, settled: ['unknown'] })
  })

  it('shortens the error message of the first call', async () => {
    const { pay } = payment(() => {
      throw new RangeError('x'.repeat(100_000))
    })
    const key = freshKey()
    await failure(pay.call({ usd: 5 }, { key }))
    expect(((await failure(pay.call({ usd: 5 }, { key }))) as Error).message.length).toBeLessThan(1000)
  })

  it.each([
    ['other members', { usd: 5, to: 'ada' }],
    ['another amount', { usd: 6 }],
    ['text that is not JSON', 'pay 5'],
  ])('is refused with %s, and nothing is started', async (_, other) => {
    const { pay, keys } = payment()
    const key = freshKey()
    await pay.call({ usd: 5 }, { key })
    const error = await failure(pay.call(other, { key }))
    expect(error).toBeInstanceOf(DuplicateCallError)
    expect(error).toMatchObject({ tool: 'pay', idempotencyKey: key, reason: 'other_arguments' })
    expect(keys).toHaveLength(1)
  })

  it('treats the same members in another order as the same arguments', async () => {
    const { pay, keys } = payment()
    const key = freshKey()
    await pay.call('{"usd":5,"to":{"id":1,"name":"ada"}}', { key })
    await pay.call({ to: { name: 'ada', id: 1 }, usd: 5 }, { key })
    expect(keys).toHaveLength(1)
  })

  it('says that the first call failed, and why, and is not started again', async () => {
    const { pay, keys } = payment(() => {
      throw new RangeError('no money')
    })
    const key = freshKey()
    await expect(pay.call({ usd: 5 }, { key })).rejects.toBeInstanceOf(RangeError)
    const error = await failure(pay.call({ usd: 5 }, { key }))
    expect(error).toMatchObject({
      code: 'duplicate_call',
      reason: 'failed',
      message: expect.stringMatching(/no money/),
    })
    expect(keys).toHaveLength(1)
  })

  it('has an unknown outcome if the first call had', async () => {
    const { pay, keys } = payment(() => {
      throw Object.assign(new Error('reset'), { code: 'ECONNRESET' })
    })
    const key = freshKey()
    const calls = [pay.call({ usd: 5 }, { key }), pay.call({ usd: 5 }, { key })]
    for (const call of calls) await expect(call).rejects.toBeInstanceOf(UnknownOutcomeError)
    const later = await failure(pay.call({ usd: 5 }, { key }))
    expect(later).toMatchObject({ code: 'unknown_outcome', idempotencyKey: key, cause: { code: 'duplicate_call' } })
    expect(keys).toHaveLength(1)
  })

  it('says so if the result of the first call was too long to be stored', async () => {
    const { pay, keys } = payment(() => 'x'.repeat(5000))
    const key = freshKey()
    expect(await pay.call({ usd: 5 }, { key })).toHaveLength(5000)
    expect(await failure(pay.call({ usd: 5 }, { key }))).toMatchObject({ code: 'duplicate_call', reason: 'not_kept' })
    expect(keys).toHaveLength(1)
  })

  it.each([
    [
      'was unavailable',
      () => {
        throw new ToolUnavailable('bank')
      },
    ],
    [
      'found fault with its arguments',
      () => {
        throw new RepairableError([{ path: '/usd', message: 'is too much' }])
      },
    ],
  ])('is started when the first %s and did nothing', async (_, first) => {
    const { pay, keys } = payment(first)
    const key = freshKey()
    await failure(pay.call({ usd: 5 }, { key }))
    expect(await pay.call({ usd: 5 }, { key })).toEqual({ payment: 2 })
    expect(keys).toEqual([key, key])
  })

  it('is started if the first call started nothing: broken arguments, aborted while waiting', async () => {
    const { pay, keys } = payment()
    const key = freshKey()
    await failure(pay.call('nonsense', { key }))
    await failure(pay.call({ usd: 5 }, { key, signal: AbortSignal.abort(new Error('gone')) }))
    expect(keys).toEqual([])
    expect(await pay.call({ usd: 5 }, { key })).toEqual({ payment: 1 })
  })

  it('is started by the waiting call if the first started nothing', async () => {
    const { pay, keys } = payment()
    const key = freshKey()
    const asked = Promise.withResolvers<string>()
    const first = pay.call({ usd: 'five' }, { key, askModel: () => asked.promise })
    const second = pay.call({ usd: 'five' }, { key, askModel: async () => '{"usd":5}' })
    await settled()
    expect(keys).toEqual([])
    asked.reject(new Error('no model'))
    await expect(first).rejects.toThrow('no model')
    expect(await second).toEqual({ payment: 1 })
  })

  it('aborts with its signal while it waits for the first call, which goes on', async () => {
    const { promise, resolve } = Promise.withResolvers()
    const { pay, keys } = payment(() => promise)
    const key = freshKey()
    const first = pay.call({ usd: 5 }, { key })
    const leave = new AbortController()
    const second = pay.call({ usd: 5 }, { key, signal: leave.signal })
    await settled()
    leave.abort(new Error('gone'))
    await expect(second).rejects.toThrow('gone')
    resolve('paid')
    expect(await first).toBe('paid')
    expect(keys).toHaveLength(1)
  })

  it('is a different call for another tenant and tool whose names, joined, read the same', async () => {
    const { run, keys } = payment()
    const named = (name: string) => tool({ ...base, name, run })
    const key = freshKey()
    await task({ tenant: 'contoso\npay' }, () => named('refund').call({ usd: 5 }, { key }))
    await task({ tenant: 'contoso' }, () => named('pay').call({ usd: 5 }, { key: `refund\n${key}` }))
    expect(keys).toEqual([key, `refund\n${key}`])
  })

  it('is a different call for another tenant or another tool', async () => {
    const { pay, run, keys } = payment()
    const key = freshKey()
    await task({ tenant: 'contoso' }, () => pay.call({ usd: 5 }, { key }))
    await task({ tenant: 'contoso' }, () => pay.call({ usd: 5 }, { key }))
    expect(keys).toHaveLength(1)
    await task({ tenant: 'fabrikam' }, () => pay.call({ usd: 5 }, { key }))
    await task({ tenant: 'contoso' }, () => tool({ ...base, name: 'refund', run }).call({ usd: 5 }, { key }))
    expect(keys).toHaveLength(3)
  })
})

describe('a call with the id of an earlier one', () => {
  it('is the same call within its task, and a different one in the next task', async () => {
    const { pay, keys } = payment()
    await task({ tenant: 'contoso', id: 't1' }, async () => {
      expect(await pay.call({ usd: 5 }, { id: 'call_1' })).toEqual({ payment: 1 })
      expect(await pay.call({ usd: 5 }, { id: 'call_1' })).toEqual({ payment: 1 })
      expect(await pay.call({ usd: 5 }, { id: 'call_2' })).toEqual({ payment: 2 })
    })
    await task({ tenant: 'contoso', id: 't2' }, () => pay.call({ usd: 5 }, { id: 'call_1' }))
    expect(keys).toEqual(['t1:pay:call_1', 't1:pay:call_2', 't2:pay:call_1'])
  })

  it('is a different call if its arguments differ, with a different key: some gateways count from one in each answer', async () => {
    const { pay, keys } = payment()
    await task({ tenant: 'contoso', id: 't3' }, async () => {
      const options = { id: 'call_0' }
      expect(await pay.call({ usd: 5 }, options)).toEqual({ payment: 1 })
      expect(await pay.call({ usd: 6 }, options)).toEqual({ payment: 2 })
      expect(await pay.call({ usd: 7 }, options)).toEqual({ payment: 3 })
      for (const [usd, payment] of [5, 6, 7].entries()) {
        expect(await pay.call({ usd: payment }, options)).toEqual({ payment: usd + 1 })
      }
    })
    expect(keys[0]).toBe('t3:pay:call_0')
    expect(keys[1]).toMatch(/^t3:pay:call_0:[\w-]{16}$/)
    expect(new Set(keys).size).toBe(3)
    expect(keys).toHaveLength(3)
  })

  it('is compared per tool outside a task: another tool of the same name may have a call of the same id', async () => {
    const first = payment()
    const second = payment()
    await first.pay.call({ usd: 5 }, { id: 'call_of_two' })
    expect(await second.pay.call({ usd: 5 }, { id: 'call_of_two' })).toEqual({ payment: 1 })
    expect([first.keys.length, second.keys.length]).toEqual([1, 1])
  })

  it('is refused outside a task, where it is not known whether the same user may see the outcome', async () => {
    const { pay, keys } = payment()
    await pay.call({ usd: 5 }, { id: 'call_1' })
    expect(await failure(pay.call({ usd: 5 }, { id: 'call_1' }))).toMatchObject({
      code: 'duplicate_call',
      reason: 'outside_task',
      message: expect.stringMatching(/`key`/),
    })
    expect(keys).toHaveLength(1)
  })

  it('is a different call without an id and a key', async () => {
    const { pay, keys } = payment()
    await task({ tenant: 'contoso' }, () => Promise.all([pay.call({ usd: 5 }), pay.call({ usd: 5 })]))
    expect(new Set(keys).size).toBe(2)
  })

  it.each(['read', 'idempotent'] as const)('runs again if the tool is %s, with the same key', async (effect) => {
    const { pay, keys } = payment(undefined, effect)
    const key = freshKey()
    expect(await pay.call({ usd: 5 }, { key })).toEqual({ payment: 1 })
    expect(await pay.call({ usd: 6 }, { key })).toEqual({ payment: 2 })
    expect(keys).toEqual([key, key])
  })

  it('is started once if a layer calls next twice, with or without a key', async () => {
    const twice: ToolLayer = async (call, next) => {
      await next(call).catch(() => {})
      return next(call)
    }
    const { run, keys } = payment(() => {
      throw Object.assign(new Error('reset'), { code: 'ECONNRESET' })
    })
    const pay = createToolFactory({ layers: [twice] })({ ...base, run })
    await expect(pay.call({ usd: 5 })).rejects.toMatchObject({ code: 'unknown_outcome' })
    expect(keys).toHaveLength(1)
  })
})

it('accepts a key of any length: some gateways pack their state into an id', async () => {
  const { pay, keys } = payment()
  const key = freshKey() + 'x'.repeat(10_000)
  for (const of of [key, key, `${key}y`]) await pay.call({}, { key: of })
  expect(keys).toEqual([key, `${key}y`])
})

it('refuses a key that is not a text, or is empty', async () => {
  const { pay } = payment()
  for (const key of ['', 7 as never]) await expect(pay.call({}, { key })).rejects.toThrow(/`key` must be a text/)
})

import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { RepairableError, retryWithRepair } from '../repair/index.ts'
import { createTaskRunner } from '../task.ts'
import {
  NoToolAvailable,
  type ToolContext,
  ToolUnavailable,
  toolFallbackChain,
  UnknownOutcomeError,
} from './fallback.ts'
import { createToolFactory, type ToolEffect } from './index.ts'

const tool = createToolFactory()
const task = createTaskRunner()
const base = { name: 'pay', description: 'Pays', parameters: { type: 'object' } }
const never = () => new Promise<never>(() => {})
const lost = () => {
  throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
}
const unavailable = () => {
  throw new ToolUnavailable('bank', { reason: 'no key' })
}
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it was answered'),
    (error: unknown) => error,
  )

/** A function that does `first` on its first call, and pays on each later one. */
function firstThen(first: () => unknown) {
  const keys: (string | undefined)[] = []
  const run = (_: unknown, { idempotencyKey }: ToolContext) => (keys.push(idempotencyKey) === 1 ? first() : 'paid')
  return { run, keys }
}

describe('an idempotent tool', () => {
  it.each([
    ['its time was up', never],
    ['its connection was lost', lost],
  ])('is asked once more under the same key when %s, and no other function is', async (_, first) => {
    let others = 0
    const { run, keys } = firstThen(first)
    const pay = tool({ ...base, effect: 'idempotent', timeoutMs: 5, run, fallbacks: [() => others++] })
    const options = { id: 'call_1' }
    expect(await pay.execute({}, options)).toMatchObject({ value: 'paid', status: 'ok', answeredBy: 'pay' })
    expect(keys).toEqual(['no-task:pay:call_1', 'no-task:pay:call_1'])
    expect(others).toBe(0)
  })

  it('has an unknown outcome when its response is lost again: no other function knows the key', async () => {
    let [asked, others] = [0, 0]
    const run = () => {
      asked++
      return lost()
    }
    const pay = tool({ ...base, effect: 'idempotent', run, fallbacks: [() => others++] })
    const error = await failure(pay.call({}, { id: 'call_1' }))
    expect(error).toBeInstanceOf(UnknownOutcomeError)
    expect(error).toMatchObject({ idempotencyKey: 'no-task:pay:call_1', causes: [{ tool: 'pay' }, { tool: 'pay' }] })
    expect([asked, others]).toEqual([2, 0])
  })

  it('takes its retry from the allowance of the task', async () => {
    const { run, keys } = firstThen(lost)
    const pay = tool({ ...base, effect: 'idempotent', run })
    await task({ tenant: 'contoso', maxRetries: 0 }, async () => {
      await expect(pay.call({})).rejects.toMatchObject({ code: 'unknown_outcome' })
    })
    expect(keys).toHaveLength(1)
    await task({ tenant: 'contoso', maxRetries: 1 }, async ({ totals }) => {
      const again = firstThen(lost)
      expect(await tool({ ...base, effect: 'idempotent', run: again.run }).call({})).toBe('paid')
      expect(totals.retries).toBe(1)
    })
  })

  it('is not retried while its function still runs, if maxConcurrent is set', async () => {
    const { run, keys } = firstThen(never)
    const pay = tool({ ...base, effect: 'idempotent', timeoutMs: 5, maxConcurrent: 1, run })
    await expect(pay.call({})).rejects.toMatchObject({ code: 'unknown_outcome' })
    expect(keys).toHaveLength(1)
  })

  it('is retried when its function has ended, if maxConcurrent is set', async () => {
    const { run, keys } = firstThen(lost)
    expect(await tool({ ...base, effect: 'idempotent', maxConcurrent: 1, run }).call({})).toBe('paid')
    expect(keys).toHaveLength(2)
  })

  it.each([503, 500])('is not retried after a %i, because the service may be overloaded', async (status) => {
    const { run, keys } = firstThen(() => Promise.reject(Object.assign(new Error('down'), { status })))
    await expect(tool({ ...base, effect: 'idempotent', run }).call({})).rejects.toBeInstanceOf(UnknownOutcomeError)
    expect(keys).toHaveLength(1)
  })

  it('falls back to another function while it is certain that nothing happened', async () => {
    const pay = tool({ ...base, effect: 'idempotent', run: unavailable, fallbacks: [() => 'by hand'] })
    expect(await pay.call({})).toBe('by hand')
  })
})

describe('toolFallbackChain', () => {
  it.each(['effect', 'idempotent'] as const)('calls no other function once an %s may have happened', async (effect) => {
    let paid = 0
    const late = (_: unknown, { signal }: ToolContext) => once(signal, 'abort').then(() => paid++)
    const other = () => paid++
    const error = await failure(toolFallbackChain([late, other], {}, { effect, timeoutMs: 5 }))
    expect(error).toBeInstanceOf(UnknownOutcomeError)
    expect(paid).toBeLessThanOrEqual(effect === 'effect' ? 1 : 2)
  })

  it('has the effect read by default: the next function is called after a timeout', async () => {
    expect(await toolFallbackChain([never, () => 'in time'], {}, { timeoutMs: 5 })).toBe('in time')
    expect(await toolFallbackChain([never, () => 'in time'], {}, { timeoutMs: 5, effect: 'read' })).toBe('in time')
  })

  it('refuses an unknown effect by name', async () => {
    const effect = 'writes' as ToolEffect
    await expect(toolFallbackChain([() => 1], {}, { effect })).rejects.toThrow(/`effect`.*read.*writes/)
  })

  it('passes its own copy of the arguments to each function', async () => {
    const args = { items: [{ sku: 'tent', count: 1 }], on: new Date(0), by: new Map([['a', [1]]]) }
    const spoil = (given: typeof args): string => {
      given.items[0]!.count = 99
      given.items.push({ sku: 'bomb', count: 1 })
      given.on.setTime(1)
      given.by.get('a')!.push(2)
      return unavailable()
    }
    const whole = JSON.stringify([args, [...args.by]])
    const seen = await toolFallbackChain([spoil, spoil, (given) => JSON.stringify([given, [...given.by]])], args).catch(
      String,
    )
    expect(seen).toBe(whole)
    expect(JSON.stringify([args, [...args.by]])).toBe(whole)
  })

  it('passes on values that cannot be copied, and circular arguments', async () => {
    class Session {
      user = 'ada'
      get name() {
        return this.user
      }
    }
    const args: { session: Session; log: () => string; self?: unknown } = {
      session: new Session(),
      log: () => 'logged',
    }
    args.self = args
    const read = (given: typeof args) => [given.session.name, given.log(), given.self === given]
    expect(await toolFallbackChain([unavailable, read], args)).toEqual(['ada', 'logged', true])
    expect(await toolFallbackChain([read, unavailable], args)).toEqual(['ada', 'logged', true])
  })

  it('throws the bug of a later function as it is, with the errors of the functions before as its last cause', async () => {
    const bug = new RangeError('no such date', { cause: new Error('no calendar') })
    for (let time = 1; time <= 3; time++) {
      const error = await failure(toolFallbackChain([unavailable, () => raise(bug), () => 'too far'], {}))
      expect(error).toBe(bug)
      const last = (bug.cause as Error).cause
      expect(last).toBeInstanceOf(NoToolAvailable)
      expect((last as NoToolAvailable).causes).toMatchObject([
        { tool: 'unavailable', error: { name: 'ToolUnavailable' } },
      ])
      expect((last as Error).cause).toMatchObject({ message: 'bank is unavailable: no key.' })
    }
  })

  it.each([
    ['a text', 'no money'],
    ['an error that cannot be changed', Object.freeze(new Error('no money'))],
  ])('throws %s of a later function as it is', async (_, thrown) => {
    expect(await failure(toolFallbackChain([unavailable, () => raise(thrown)], {}))).toBe(thrown)
  })

  it('does not treat a bug as unavailability because of the errors before it', async () => {
    const refused = () => raise(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))
    const inner = () => toolFallbackChain([refused, () => raise(new RangeError('no such date'))], {})
    await expect(toolFallbackChain([inner, () => 'hidden'], {})).rejects.toThrow('no such date')
    await expect(toolFallbackChain([inner, () => 'hidden'], {}, { effect: 'effect' })).rejects.toThrow('no such date')
  })

  it('has every cause when a later function has an unknown outcome', async () => {
    const error = await failure(toolFallbackChain([unavailable, lost], {}, { effect: 'effect' }))
    expect(error).toMatchObject({ code: 'unknown_outcome', tool: 'lost' })
    expect((error as UnknownOutcomeError).causes.map(({ tool }) => tool)).toEqual(['unavailable', 'lost'])
  })

  it.each([
    ['throws', () => raise(new Error('broken logger'))],
    ['rejects', async () => raise(new Error('broken logger'))],
  ])('answers all the same when onFallback %s', async (_, onFallback) => {
    const warned = once(process, 'warning')
    expect(await toolFallbackChain([unavailable, () => 'found'], {}, { onFallback })).toBe('found')
    const [warning] = (await warned) as [Error]
    expect(warning.message).toMatch(/onFallback.*broken logger/)
  })
})

describe('an effect inside another', () => {
  it('makes the outcome of the outer one unknown', async () => {
    const inner = tool({ ...base, name: 'transfer', effect: 'effect', run: lost })
    const outer = tool({ ...base, effect: 'effect', run: () => inner.call({}), fallbacks: [() => 'by hand'] })
    expect(await failure(outer.call({}))).toMatchObject({ code: 'unknown_outcome', tool: 'pay' })
  })
})

describe('a fallback that rejects the arguments', () => {
  it('has them repaired by the model, though another function was called before', async () => {
    let asked = 0
    const find = tool({
      ...base,
      effect: 'read',
      parameters: { type: 'object', properties: { id: { type: 'integer' } } },
      run: unavailable,
      fallbacks: [
        ({ id }) => {
          if (id < 1) throw new RepairableError([{ path: '/id', message: 'must be above 0' }])
          return `found ${id}`
        },
      ],
      repair: {
        askModel: async () => {
          asked++
          return '{"id":7}'
        },
      },
    })
    expect(await find.call({ id: 0 })).toBe('found 7')
    expect(asked).toBe(1)
  })
})

function raise(thrown: unknown): never {
  throw thrown
}

describe('retryWithRepair', () => {
  const schema = { type: 'object', properties: { id: { type: 'integer' } } }
  const wrong = () => () => raise(new Error('broken logger'))

  it.each([
    ['onRepair', '{"id":"seven"}', { onRepair: wrong(), askModel: async () => '{"id":7}' }],
    ['onFreeRepair', '{"id":"7"}', { onFreeRepair: wrong() }],
  ])('calls its function all the same when %s throws', async (option, text, options) => {
    const warned = once(process, 'warning')
    expect(await retryWithRepair(({ id }: { id: number }) => id, text, { schema, ...options })).toBe(7)
    const [warning] = (await warned) as [Error]
    expect(warning.message).toContain(`\`${option}\` failed`)
  })
})

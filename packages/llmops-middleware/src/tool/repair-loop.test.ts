import { context } from '@opentelemetry/api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { RecordedTelemetry, useAsyncContext } from '../../test/support/recorded-telemetry.ts'
import { type AskModel, RepairableError, RepairFailedError, retryWithRepair } from '../repair/index.ts'
import { createSli, observeTool } from '../sli/index.ts'
import { createToolFactory, ToolUnavailable } from './index.ts'

const tool = createToolFactory()
const schema = {
  type: 'object',
  required: ['to', 'amount'],
  properties: { to: { type: 'string' }, amount: { type: 'integer' }, note: { type: 'string' } },
}
const pay = { name: 'pay', description: 'Pays', parameters: schema }

/** A model that returns these answers in order, and records the arguments and the issues that it got each time. */
function model(...answers: string[]) {
  const asked: { readonly fields: readonly string[]; readonly issues: readonly unknown[] }[] = []
  const askModel: AskModel = async ({ messages, issues }) => {
    asked.push({ fields: Object.keys(JSON.parse(messages[1].content).schema.properties), issues })
    return answers.shift() ?? 'nothing more to say'
  }
  return { asked, askModel }
}

/** Refuses these values of `to`, and records every call. */
function refusing(...names: string[]) {
  const calls: unknown[] = []
  const run = (args: { to: string }) => {
    calls.push(args)
    if (names.includes(args.to)) throw new RepairableError([{ path: '/to', message: 'is not an account' }])
    return args
  }
  return { calls, run }
}

describe('a tool that refuses arguments that fit its schema', () => {
  it('is run again with what the model repaired', async () => {
    const { asked, askModel } = model('{"to":"bob"}')
    const { calls, run } = refusing('bib')
    const result = await tool({ ...pay, repair: { askModel }, run }).execute({ to: 'bib', amount: 1 })
    expect(result).toEqual({ value: { to: 'bob', amount: 1 }, status: 'ok', answeredBy: 'pay' })
    expect(calls).toHaveLength(2)
    expect(asked).toEqual([{ fields: ['to'], issues: [{ path: '/to', message: 'is not an account' }] }])
  })

  it('throws what it refused if there is no model to ask', async () => {
    const error = await tool({ ...pay, run: refusing('bib').run })
      .call({ to: 'bib', amount: 1 })
      .catch((error: unknown) => error)
    expect(error).toBeInstanceOf(RepairFailedError)
    expect(error).toMatchObject({ issues: [{ path: '/to' }], bestEffort: { to: 'bib', amount: 1 }, attempts: 0 })
  })

  it('is run again as a fallback too', async () => {
    const { askModel } = model('{"to":"bob"}')
    const unavailable = () => {
      throw new ToolUnavailable('bank')
    }
    const byHand = { ...pay, effect: 'effect', run: unavailable, fallbacks: [refusing('bib').run] } as const
    expect(await tool({ ...byHand, repair: { askModel } }).call({ to: 'bib', amount: 1 })).toMatchObject({ to: 'bob' })
  })

  it('is not run again on the same arguments if no answer of the model can be read', async () => {
    const { asked, askModel } = model('nonsense', '{"to":"bob"}')
    const { calls, run } = refusing('bib')
    await tool({ ...pay, repair: { askModel }, run }).call({ to: 'bib', amount: 1 })
    expect(calls).toEqual([
      { to: 'bib', amount: 1 },
      { to: 'bob', amount: 1 },
    ])
    expect(asked.map(({ issues }) => issues)).toEqual(Array(2).fill([{ path: '/to', message: 'is not an account' }]))
  })

  it('has the same fields repaired again when the answer is refused too', async () => {
    const { asked, askModel } = model('{"to":"bab"}', '{"to":"bob","amount":1000}')
    const { run } = refusing('bib', 'bab')
    const result = await tool({ ...pay, repair: { askModel }, run }).call({ to: 'bib', amount: 1 })
    expect(result).toEqual({ to: 'bob', amount: 1 })
    expect(asked.map(({ fields }) => fields)).toEqual([['to'], ['to']])
  })
})

describe('the answer of a model that repairs', () => {
  it.each([
    [
      'retryWithRepair',
      (args: unknown, askModel: AskModel) => retryWithRepair((args) => args, args, { schema, askModel }),
    ],
    ['a tool', (args: unknown, askModel: AskModel) => tool({ ...pay, run: (args) => args }).call(args, { askModel })],
  ])('leaves the fields alone that it was not asked for: %s', async (_, call) => {
    const { askModel } = model('{"to":"mallory","amount":3,"note":"thanks"}')
    expect(await call({ to: 'bob', amount: 'three' }, askModel)).toEqual({ to: 'bob', amount: 3 })
  })

  it('may change all fields when it is asked for all', async () => {
    const { asked, askModel } = model('{"amount":"?"}', '{"to":"bobby","amount":3}')
    const result = await tool({ ...pay, run: (args) => args }).call({ to: 'bob', amount: 'three' }, { askModel })
    expect(result).toEqual({ to: 'bobby', amount: 3 })
    expect(asked.map(({ fields }) => fields.length)).toEqual([1, 3])
  })

  it('may leave out a field that it was asked for', async () => {
    const { askModel } = model('{}')
    const noted = { ...schema, properties: { ...schema.properties, note: { type: 'string', maxLength: 3 } } }
    const short = tool({ ...pay, parameters: noted, run: (args) => args })
    expect(await short.call({ to: 'bob', amount: 1, note: 'long' }, { askModel })).toEqual({ to: 'bob', amount: 1 })
  })
})

describe('a schema that changes values', () => {
  const cents = z.object({ to: z.string(), amount: z.number().transform((usd) => usd * 100) })
  const dated = z.object({ to: z.string(), on: z.string().transform((text) => new Date(text)) })

  it('converts each value once, from what the model wrote, also after the function refused another field', async () => {
    const { askModel } = model('{"to":"bob"}')
    const { calls, run } = refusing('bib')
    await tool({ ...pay, parameters: cents, repair: { askModel }, run }).call('{"to":"bib","amount":5}')
    expect(calls).toEqual([
      { to: 'bib', amount: 500 },
      { to: 'bob', amount: 500 },
    ])
  })

  it('may convert a text to another type', async () => {
    const { askModel } = model('{"to":"bob"}')
    const { run } = refusing('bib')
    const result = await retryWithRepair(run, '{"to":"bib","on":"2026-11-26"}', { schema: dated, askModel })
    expect(result).toEqual({ to: 'bob', on: new Date('2026-11-26') })
  })

  it('shows the model what the model wrote', async () => {
    const seen: unknown[] = []
    const askModel: AskModel = async ({ messages }) => {
      seen.push(JSON.parse(messages[1].content).arguments)
      return '{"amount":3}'
    }
    const run = ({ amount }: { amount: number }) => {
      if (amount === 500) throw new RepairableError([{ path: '/amount', message: 'is too much' }])
      return amount
    }
    expect(await retryWithRepair(run, { to: 'bob', amount: 5 }, { schema: cents, askModel })).toBe(300)
    expect(seen).toEqual([{ amount: 5 }])
  })
})

describe('what was repaired', () => {
  beforeAll(useAsyncContext)
  afterAll(() => context.disable())

  const right = '{"to":"bob","amount":1}'
  const cases: readonly (readonly [string, unknown, readonly string[]])[] = [
    ['nothing', right, []],
    ['nothing of an object', JSON.parse(right), []],
    ['the spelling', "{'to':'bob','amount':1}", ['spelling']],
    ['what a cut text lacks', '{"to":"bob","amount":1', ['completion']],
    ['a value', '{"to":"bob","amount":"1"}', ['coercion']],
    ['both', "{'to':'bob','amount':'1'}", ['spelling', 'coercion']],
    ['what only a model knows', '{"to":"bob"}', ['model']],
    ['what a model wrote', 'pay bob', ['model', 'spelling']],
  ]

  it.each(cases)('is passed to the function, counted, and set on the span: %s', async (_, args, repairs) => {
    const telemetry = new RecordedTelemetry()
    const sli = createSli({ meter: telemetry.meter })
    const { askModel } = model(args === 'pay bob' ? `${right} Done.` : '{"amount":1}')
    const observed = createToolFactory({ layers: [observeTool(sli, { tracer: telemetry.tracer })], sli })
    const seen: unknown[] = []
    await observed({
      ...pay,
      effect: 'read',
      repair: { askModel },
      run: (args, { wasRepaired, repairs }) => seen.push({ args, wasRepaired, repairs }),
    }).call(args)
    expect(seen).toEqual([{ args: JSON.parse(right), wasRepaired: repairs.length > 0, repairs }])
    const { attributes } = telemetry.spans[0]!
    expect(attributes['agent.tool.was_repaired']).toBe(repairs.length > 0 ? true : undefined)
    expect(attributes['agent.tool.repairs']).toEqual(repairs.length > 0 ? repairs : undefined)
    const free = repairs.filter((kind) => kind !== 'model')
    expect(await telemetry.points('agent.repair.free')).toEqual(
      free.map((kind) => ({ attributes: { kind }, value: 1 })),
    )
  })

  it('is not counted when it did not help', async () => {
    const telemetry = new RecordedTelemetry()
    const counted = createToolFactory({ sli: createSli({ meter: telemetry.meter }) })
    await expect(counted({ ...pay, run: () => 1 }).call("{'to':'bob','amount':'one'}")).rejects.toThrow(/amount/)
    expect(await telemetry.points('agent.repair.free')).toEqual([])
  })

  it('is passed to the function of retryWithRepair too', async () => {
    const told = (_: unknown, repaired: unknown) => repaired
    const spelled = "{'to':'bob','amount':1}"
    expect(await retryWithRepair(told, right, { schema })).toEqual({ wasRepaired: false, repairs: [] })
    expect(await retryWithRepair(told, spelled, { schema })).toEqual({ wasRepaired: true, repairs: ['spelling'] })
  })
})

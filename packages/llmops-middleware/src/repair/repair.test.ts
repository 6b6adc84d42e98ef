import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  compileSchema,
  RepairableError,
  RepairFailedError,
  type RepairOptions,
  type RepairRequest,
  retryWithRepair,
} from './index.ts'

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['city', 'nights'],
  properties: {
    city: { type: 'string' },
    nights: { type: 'integer', minimum: 1 },
    from: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' },
    to: { type: 'string', format: 'date' },
    board: { type: 'string', enum: ['none', 'breakfast', 'HALF_BOARD'] },
    extras: { type: 'array', items: { type: 'string' } },
    isRefundable: { type: 'boolean' },
  },
}
const same = (args: unknown) => args
const repair = (args: unknown) => retryWithRepair(same, args, { schema })

/** A model that returns these answers in order, and what it was asked. */
function model(...answers: string[]) {
  const asked: RepairRequest[] = []
  const askModel = async (request: RepairRequest) => {
    asked.push(request)
    return answers.shift() ?? ''
  }
  return { asked, askModel }
}

describe('repair at no cost', () => {
  it.each([
    ['what is right already', '{"city":"Oslo","nights":2}', { city: 'Oslo', nights: 2 }],
    ['a trailing comma', '{"city":"Oslo","nights":2,}', { city: 'Oslo', nights: 2 }],
    ['single quotes', "{'city':'Oslo','nights':2}", { city: 'Oslo', nights: 2 }],
    ['a code fence', '```json\n{"city":"Oslo","nights":2}\n```', { city: 'Oslo', nights: 2 }],
    ['prose around it', 'Sure! {"city":"Oslo","nights":2} Anything else?', { city: 'Oslo', nights: 2 }],
    ['a number as text', '{"city":"Oslo","nights":"2"}', { city: 'Oslo', nights: 2 }],
    [
      'a choice in another case',
      '{"city":"Oslo","nights":2,"board":"half board"}',
      { city: 'Oslo', nights: 2, board: 'HALF_BOARD' },
    ],
    [
      'one value for a list',
      '{"city":"Oslo","nights":2,"extras":"sauna"}',
      { city: 'Oslo', nights: 2, extras: ['sauna'] },
    ],
    [
      'a boolean as text',
      '{"city":"Oslo","nights":2,"isRefundable":"True"}',
      { city: 'Oslo', nights: 2, isRefundable: true },
    ],
    ['null for what may be left out', '{"city":"Oslo","nights":2,"from":null}', { city: 'Oslo', nights: 2 }],
    [
      'a date with its month by name',
      '{"city":"Oslo","nights":2,"to":"20 November 2026"}',
      { city: 'Oslo', nights: 2, to: '2026-11-20' },
    ],
    [
      'a date whose day is above 12',
      '{"city":"Oslo","nights":2,"to":"20/11/2026"}',
      { city: 'Oslo', nights: 2, to: '2026-11-20' },
    ],
    ['an object that is already parsed', { city: 'Oslo', nights: '2' }, { city: 'Oslo', nights: 2 }],
  ])('repairs %s', async (_, args, expected) => {
    expect(await repair(args)).toEqual(expected)
  })

  it('completes text that was cut only for a function that reads', async () => {
    const cut = '{"city":"Oslo","nights":2'
    expect(await retryWithRepair(same, cut, { schema, effect: 'read' })).toEqual({ city: 'Oslo', nights: 2 })
    await expect(repair(cut)).rejects.toThrow(/cut off/)
  })

  it.each([
    ['a date that could be two', { city: 'Oslo', nights: 2, to: '03/04/2026' }, '/to'],
    ['a date that could be two, with points', { city: 'Oslo', nights: 2, to: '03.04.2026' }, '/to'],
    ['a day that does not exist', { city: 'Oslo', nights: 2, to: '31.02.2026' }, '/to'],
    ['the day that a time in another zone is', { city: 'Oslo', nights: 2, to: '2026-11-20T23:30:00Z' }, '/to'],
    ['a date where only a pattern is known', { city: 'Oslo', nights: 2, from: '20/11/2026' }, '/from'],
    ['a number with a thousands separator', { city: 'Oslo', nights: '1,234' }, '/nights'],
    ['a choice that is not there', { city: 'Oslo', nights: 2, board: 'dinner' }, '/board'],
    ['what is missing', { city: 'Oslo' }, '/nights'],
    ['plain prose', 'I would like to go to Oslo.', ''],
    ['a list instead of an object', [1, 2], ''],
  ])('never guesses %s', async (_, args, path) => {
    const error = await repair(args).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(RepairFailedError)
    expect((error as RepairFailedError).issues.map((issue) => issue.path)).toContain(path)
  })

  it.each([
    ['__proto__', JSON.parse('{"city":"Oslo","nights":2,"__proto__":{"admin":true}}'), /__proto__/],
    ['constructor', { city: 'Oslo', nights: 2, constructor: {} }, /constructor/],
    ['a text of 10 MB', { city: 'x'.repeat(10_000_000), nights: 2 }, /\/city.*longer/],
    ['deep nesting', JSON.parse(`${'{"a":'.repeat(200)}1${'}'.repeat(200)}`), /deeper/],
  ])('runs nothing with %s in the arguments', async (_, args, message) => {
    let ran = false
    const call = retryWithRepair(
      () => {
        ran = true
      },
      args,
      { schema: { type: 'object' } },
    )
    await expect(call).rejects.toThrow(message)
    expect(ran).toBe(false)
  })
})

describe('repair by the model', () => {
  it('asks only for the failed fields, and does not change the rest', async () => {
    const { asked, askModel } = model('{"nights":3}')
    const args = { city: 'Oslo', nights: 'a few', isRefundable: true }
    expect(await retryWithRepair(same, args, { schema, askModel })).toEqual({
      city: 'Oslo',
      nights: 3,
      isRefundable: true,
    })
    const shown = JSON.parse(asked[0]!.messages[1].content)
    expect(Object.keys(shown.schema.properties)).toEqual(['nights'])
    expect(shown).toMatchObject({
      arguments: { nights: 'a few' },
      issues: [{ path: '/nights', message: 'must be integer' }],
    })
  })

  it('asks for all fields if the failed fields alone did not help', async () => {
    const { asked, askModel } = model('{"nights":0}', '{"city":"Oslo","nights":1}')
    expect(await retryWithRepair(same, { city: 'Oslo', nights: '?' }, { schema, askModel })).toEqual({
      city: 'Oslo',
      nights: 1,
    })
    expect(Object.keys(JSON.parse(asked[1]!.messages[1].content).schema.properties)).toHaveLength(7)
  })

  it('sends a prompt that does not grow with the attempts', async () => {
    const { asked, askModel } = model(
      ...Array.from({ length: 9 }, (_, index) => `{"city":"Oslo","nights":-${index + 1}}`),
    )
    await retryWithRepair(same, { city: 'Oslo', nights: -9 }, { schema, askModel, maxAttempts: 9 }).catch(() => {})
    expect(asked).toHaveLength(9)
    const lengths = asked.map(({ messages }) => messages[1].content.length)
    expect(Math.max(...lengths.slice(1))).toBe(Math.min(...lengths.slice(1)))
  })

  it('stops after maxAttempts, with the issues, the last value, and the number of attempts', async () => {
    const { askModel } = model('nonsense', 'more of it')
    const error = await retryWithRepair(same, { city: 'Oslo' }, { schema, askModel }).catch((error: unknown) => error)
    expect(error).toMatchObject({
      code: 'repair_failed',
      attempts: 2,
      bestEffort: { city: 'Oslo' },
      issues: [{ path: '/nights', message: 'is missing' }],
    })
    const never = await retryWithRepair(same, 'three nights', {
      schema,
      askModel: model('nonsense', 'more of it').askModel,
    }).catch((error: unknown) => error)
    expect(never).toMatchObject({
      bestEffort: 'three nights',
      issues: [{ path: '', message: expect.stringMatching(/at character 1 of 12/) }],
    })
  })

  it('does not run an effect on an answer of the model that was cut', async () => {
    const { asked, askModel } = model('{"nights":3', '{"city":"Oslo","nights":3', '{"city":"Oslo","nights":30}')
    const args = { city: 'Oslo', nights: 'a few' }
    expect(await retryWithRepair(same, args, { schema, askModel, maxAttempts: 3 })).toEqual({
      city: 'Oslo',
      nights: 30,
    })
    expect(asked).toHaveLength(3)
  })

  it('runs nothing on an answer that comes after the abort', async () => {
    const leave = new AbortController()
    const askModel = async () => {
      leave.abort(new Error('gone'))
      return '{"city":"Oslo","nights":3}'
    }
    let ran = false
    const call = retryWithRepair(() => (ran = true), 'nonsense', { schema, askModel, signal: leave.signal })
    await expect(call).rejects.toThrow('gone')
    expect(ran).toBe(false)
  })

  it('repairs arguments that fit the schema but that the tool refuses', async () => {
    const { askModel } = model('{"city":"Oslo"}')
    const call = ({ city }: { city: string }) => {
      if (city === 'Atlantis') throw new RepairableError([{ path: '/city', message: 'is under water' }])
      return city
    }
    expect(await retryWithRepair(call, { city: 'Atlantis', nights: 1 }, { schema, askModel })).toBe('Oslo')
  })

  it('throws other errors as they are', async () => {
    const call = () => {
      throw new TypeError('a bug')
    }
    await expect(retryWithRepair(call, { city: 'Oslo', nights: 1 }, { schema })).rejects.toThrow(TypeError)
  })
})

describe('an option of repair', () => {
  it.each([
    [{ maxAttempt: 3 }, /`maxAttempt`.*`maxAttempts`/],
    [{ maxAttempts: 11 }, /`maxAttempts`.*0 to 10.*11/],
    [{ maxCostUsd: '1' }, /`maxCostUsd`.*'1'/],
    [{ effect: 'maybe' }, /`effect`.*read.*maybe/],
    [{ schema: undefined }, /`schema` is missing/],
    [{ signal: {} }, /`signal`.*AbortSignal/],
  ])('that cannot be used is refused by name: %j', async (over, message) => {
    let ran = false
    const call = retryWithRepair(() => (ran = true), {}, { schema, ...over } as RepairOptions)
    await expect(call).rejects.toThrow(message)
    expect(ran).toBe(false)
  })
})

describe('a schema', () => {
  it('may be a Standard Schema, whose JSON Schema coerces too', async () => {
    const trip = z.object({ city: z.string(), nights: z.number().int() })
    expect(await retryWithRepair(same, '{"city":"Oslo","nights":"2"}', { schema: trip })).toEqual({
      city: 'Oslo',
      nights: 2,
    })
    expect(await compileSchema(trip).validate({ city: 1 })).toMatchObject({
      ok: false,
      issues: [{ path: '/city' }, { path: '/nights' }],
    })
  })

  it('looks for dangerous values in arguments once, beside looking for a call and for lost fields', async () => {
    let looks = 0
    const args = new Proxy(
      { city: 'Oslo' },
      {
        ownKeys(target) {
          looks++
          return Reflect.ownKeys(target)
        },
      },
    )
    await retryWithRepair(same, args, { schema: { type: 'object', properties: { city: { type: 'string' } } } })
    expect(looks).toBe(3)
  })

  it('is compiled once', () => {
    expect(compileSchema(schema)).toBe(compileSchema(schema))
  })

  it.each([
    [{ type: 'banana' }, /schema/],
    [null, /schema.*null/],
  ])('%j is refused as none', (value, message) => {
    expect(() => compileSchema(value as never)).toThrow(message)
  })
})

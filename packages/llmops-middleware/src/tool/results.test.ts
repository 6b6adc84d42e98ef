import { isDeepStrictEqual } from 'node:util'
import { fc } from 'test-support/generated'
import { sized } from 'test-support/sized'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ChaosController, chaosAroundTool } from '../chaos/index.ts'
import {
  createToolFactory,
  InvalidResultError,
  NoToolAvailable,
  ToolResultTooLargeError,
  ToolUnavailable,
  UnknownOutcomeError,
} from './index.ts'

const tool = createToolFactory()
const base = { name: 'find', description: 'Finds', parameters: { type: 'object' } }
const found = { type: 'object', required: ['found'], properties: { found: { type: 'integer' } } }
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it was answered'),
    (error: unknown) => error,
  )
const bytesOf = (value: unknown) => Buffer.byteLength(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))

function circular(): object {
  const node: Record<string, unknown> = { name: 'root', list: [1] }
  node['self'] = node
  return node
}

/** A few objects, which are 2^depth for code that follows every reference. */
function shared(depth: number): object {
  let node: object = { leaf: true }
  for (let level = 0; level < depth; level++) node = { a: node, b: node }
  return node
}

function nested(depth: number): unknown {
  let node: unknown = 1
  for (let level = 0; level < depth; level++) node = [node]
  return node
}

/** A list that contains itself `times` times. */
function wide(count: number): unknown {
  const list: unknown[] = []
  for (let index = 0; index < count; index++) list.push(list, [list])
  return list
}

function isPlainJson(value: unknown): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(JSON.stringify(value)), value)
  } catch {
    return false
  }
}

describe('a result that JSON cannot represent', () => {
  it.each([
    ['a circle', circular(), { name: 'root', list: [1], self: '[circular]' }],
    ['an integer beyond a number', { balance: 12345678901234567890n }, { balance: '12345678901234567890' }],
    ['a map', new Map([['a', new Map([['b', 1]])]]), { a: { b: 1 } }],
    ['a map whose keys are no texts', { of: new Map([[1, 'one']]) }, { of: [[1, 'one']] }],
    ['a map with a prototype among its keys', new Map([['__proto__', 1]]), JSON.parse('{"__proto__":1}')],
    ['a set', { tags: new Set(['x', 2n]) }, { tags: ['x', '2'] }],
    ['an error', [new RangeError('no such date')], [{ name: 'RangeError', message: 'no such date' }]],
    ['a pattern', { of: /a+/g }, { of: '/a+/g' }],
    ['a promise', { of: Promise.resolve(1) }, { of: '[promise]' }],
    [
      'a member that throws',
      {
        size: 1,
        get rows() {
          throw new Error('closed')
        },
      },
      { size: 1, rows: '[unreadable: closed]' },
    ],
  ])('comes back usable: %s', async (_, value, usable) => {
    for (const effect of ['read', 'effect'] as const) {
      const given = await tool({ ...base, effect, run: () => value }).call({})
      expect(given).toEqual(usable)
      expect(JSON.parse(JSON.stringify(given))).toEqual(usable)
    }
  })

  it.each([
    ['shares its parts', shared(60)],
    ['is deeply nested', nested(100_000)],
    ['contains itself in many ways', wide(50)],
  ])('comes back within its bounds when it %s', async (_, value) => {
    const given = await tool({ ...base, maxResultBytes: 5000, run: () => value }).call({})
    expect(bytesOf(given)).toBeLessThanOrEqual(5000)
    expect(JSON.stringify(given)).toMatch(/cut|circular|deep/)
  })

  it('does not change what JSON can represent, objects with toJSON included', async () => {
    const value = { at: new Date(0), url: new URL('https://example.com'), rows: [{ a: null, b: undefined }] }
    expect(await tool({ ...base, run: () => value }).call({})).toBe(value)
    expect(await tool({ ...base, run: () => undefined }).call({})).toBeUndefined()
  })
})

describe('a result whose content JSON omits', () => {
  const values: readonly (readonly [string, () => unknown, RegExp])[] = [
    ['Response', () => new Response('{"found":7}'), /return `await response\.json\(\)`/],
    ['Blob', () => new Blob(['7']), /return `await blob\.text\(\)`/],
    ['ReadableStream', () => new Blob(['7']).stream(), /plain object/],
    ['Headers', () => new Headers({ a: '1' }), /plain object/],
    ['URLSearchParams', () => new URLSearchParams('a=1'), /plain object/],
    [
      'Generator',
      function* () {
        yield 7
      },
      /plain object/,
    ],
    ['WeakMap', () => new WeakMap(), /plain object/],
    [
      'Rows',
      () =>
        new (class Rows {
          *[Symbol.iterator]() {
            yield 7
          }
        })(),
      /plain object/,
    ],
  ]

  it.each(values)('is no success, and the error says what to return: %s', async (name, run, remedy) => {
    for (const output of [undefined, { type: 'object' }, z.any()]) {
      const options = { ...base, run, ...(output && { output }) }
      const error = (await failure(tool({ ...options, effect: 'read' }).call({}))) as Error
      expect(error).toBeInstanceOf(InvalidResultError)
      expect(error.message).toContain(`find returned a ${name}`)
      expect(error.message).toMatch(remedy)
      const unknown = (await failure(tool(options).call({}))) as Error
      expect(unknown).toBeInstanceOf(UnknownOutcomeError)
      expect(unknown.message).toContain(`find returned a ${name}`)
    }
  })

  it('goes to the next function of a tool that reads', async () => {
    const find = tool({ ...base, effect: 'read', run: (): unknown => new Response('7'), fallbacks: [() => 7] })
    expect(await find.execute({})).toMatchObject({ value: 7, status: 'fallback' })
  })

  it.each(values)('is named where it is a part of a result: %s', async (name, run) => {
    expect(await tool({ ...base, run: () => ({ found: 7, of: run() }) }).call({})).toEqual({
      found: 7,
      of: `[${name}]`,
    })
  })

  it('is a success once the schema of results makes a value of it', async () => {
    const output = z.instanceof(Response).transform(({ status }) => ({ status }))
    expect(await tool({ ...base, output, run: () => new Response('7') }).call({})).toEqual({ status: 200 })
  })

  it('is a DataView, and not another view of bytes', async () => {
    const bytes = Buffer.from('ab')
    await expect(tool({ ...base, run: () => new DataView(bytes.buffer) }).call({})).rejects.toThrow(/a DataView, whose/)
    expect(await tool({ ...base, run: () => bytes }).call({})).toBe(bytes)
  })

  it('is not an object of a class with members, or without content', async () => {
    class Found {
      at?: Date
    }
    const values = [new Found(), Object.assign(new Found(), { at: new Date(0) }), {}, new Uint8Array()]
    for (const value of values) expect(await tool({ ...base, run: () => value }).call({})).toBe(value)
  })
})

describe('a result that is too large', () => {
  const cut = (value: unknown, maxResultBytes: number) =>
    tool({ ...base, maxResultBytes, run: () => value }).execute({})

  it('is cut, and a text has a note at its end', async () => {
    const { value, note } = await cut('é'.repeat(5000), 1000)
    expect(value).toMatch(/^é{300,}\n\n\[.*1,000 bytes.*cut.*\]$/)
    expect(bytesOf(value)).toBeLessThanOrEqual(1000)
    expect(note).toMatch(/cut/)
  })

  it.each([
    ['of bytes', Buffer.alloc(3_000_000), '[Buffer of 3000000 bytes]'],
    ['of numbers', new Float64Array(1_000_000), '[Float64Array of 8000000 bytes]'],
    ['of big integers', new BigInt64Array(1_000_000), '[BigInt64Array of 8000000 bytes]'],
  ])(
    'is not a list of millions of elements if it is an array %s, which would block the process',
    async (_, array, text) => {
      expect(await tool({ ...base, run: () => array }).call({})).toMatch(
        `${text}\n\n[This result has more than 1,048,576`,
      )
      expect(await tool({ ...base, run: () => ({ name: 'a', array }) }).call({})).toMatchObject({
        name: 'a',
        array: text,
      })
    },
  )

  it('has the shape of an object, and a note in its member `note`', async () => {
    const { value } = await cut({ rows: Array.from({ length: 1000 }, (_, id) => ({ id, name: `row ${id}` })) }, 2000)
    expect(value).toMatchObject({ note: expect.stringContaining('cut') })
    const { rows } = value as { rows: { id: number; name: string }[] }
    expect(rows.length).toBeGreaterThan(20)
    expect(rows.slice(0, -1)).toEqual(rows.slice(0, -1).map((_, id) => ({ id, name: `row ${id}` })))
    expect(bytesOf(value)).toBeLessThanOrEqual(2000)
  })

  it('has a note in the last element of a list', async () => {
    const { value } = await cut(Array(1000).fill('row'), 1000)
    expect((value as string[]).at(-1)).toMatch(/cut/)
    expect((value as string[]).slice(0, -1)).toEqual(Array((value as string[]).length - 1).fill('row'))
  })

  it('is cut to exactly the maximum size', async () => {
    expect((await cut('x'.repeat(1000), 1000)).value).toBe('x'.repeat(1000))
    expect((await cut('x'.repeat(1000), 1000)).note).toBeUndefined()
    expect((await cut('x'.repeat(1001), 1000)).note).toMatch(/cut/)
    expect((await cut(['x'.repeat(996)], 1000)).note).toBeUndefined()
    expect((await cut(['x'.repeat(997)], 1000)).note).toMatch(/cut/)
  })

  it('leaves out a short text of a list, and marks a long one that is cut', async () => {
    const { value } = await cut([...Array(1000).fill('x'.repeat(100))], 1050)
    expect(new Set((value as string[]).slice(0, -1))).toEqual(new Set(['x'.repeat(100)]))
    const long = (await cut({ text: 'y'.repeat(5000) }, 1000)).value as { text: string }
    expect(long.text).toMatch(/^y{500,}…$/)
  })

  it('does not end in half a character', async () => {
    const { value } = await cut('😀'.repeat(1000), 1001)
    expect((value as string).isWellFormed()).toBe(true)
  })

  it('is always JSON within the maximum, and unchanged when it fits', async () => {
    const anything = fc.anything({ withBigInt: true, withMap: true, withSet: true, withDate: true, maxDepth: 4 })
    await fc.assert(
      fc.asyncProperty(anything, fc.integer({ min: 1, max: 600 }), async (value, maxResultBytes) => {
        const given = await cut(value, maxResultBytes)
        expect(bytesOf(given.value)).toBeLessThanOrEqual(Math.max(maxResultBytes, 2))
        if (given.note === undefined && isPlainJson(value)) expect(given.value).toBe(value)
      }),
      { numRuns: sized({ test: 500, soak: 20_000 }) },
    )
  })
})

describe('the output schema of a tool', () => {
  it('passes on what fits the schema, as the schema converts it', async () => {
    const run = () => ({ found: 7, secret: 'x' })
    expect(await tool({ ...base, output: found, run }).call({})).toEqual(run())
    expect(await tool({ ...base, output: z.object({ found: z.number() }), run }).call({})).toEqual({ found: 7 })
    const asynchronous = z.object({ found: z.number().refine(async (value) => value > 0) })
    expect(await tool({ ...base, output: asynchronous, run }).call({})).toEqual({ found: 7 })
  })

  it.each([
    ['a page of HTML', '<html>502 Bad Gateway</html>'],
    ['nothing', undefined],
    ['another shape', { fund: 7 }],
    ['what JSON cannot represent', { found: new Map() }],
  ])('makes no success of a fallback that answers with %s', async (_, garbage) => {
    const unavailable = () => {
      throw new ToolUnavailable('index')
    }
    const fallbacks = [() => garbage as never, () => ({ found: 7 })]
    const find = tool({ ...base, effect: 'read', output: found, run: unavailable, fallbacks })
    expect(await find.execute({})).toMatchObject({ value: { found: 7 }, status: 'fallback', answeredBy: 'find 3' })

    const none = tool({ ...base, effect: 'read', output: found, run: unavailable, fallbacks: fallbacks.slice(0, 1) })
    const error = await failure(none.call({}))
    expect(error).toBeInstanceOf(NoToolAvailable)
    expect((error as NoToolAvailable).causes.map(({ error }) => (error as { code?: string }).code)).toEqual([
      'tool_unavailable',
      'invalid_result',
    ])
  })

  it('names what is wrong with the result of the only function, by path, and has the result', async () => {
    const find = tool({ ...base, effect: 'read', output: found, run: () => ({ found: 'seven' }) })
    const error = await failure(find.call({}))
    expect(error).toBeInstanceOf(InvalidResultError)
    expect(error).toMatchObject({
      tool: 'find',
      issues: [{ path: '/found', message: 'must be integer' }],
      result: { found: 'seven' },
      message: expect.stringMatching(/find.*`output`.*\/found must be integer/),
    })
  })

  it('refuses a result that chaos cut in half', async () => {
    const chaos = new ChaosController()
    const chaotic = createToolFactory({ around: chaosAroundTool(chaos) })
    const find = chaotic({ ...base, effect: 'read', output: found, run: () => ({ found: 7 }) })
    chaos.set({ mode: 'malformed', probability: 1 })
    expect(await failure(find.call({}))).toMatchObject({ code: 'invalid_result', result: '{"fou' })
  })

  it.each(['effect', 'idempotent'] as const)(
    'does not treat an %s that may have happened as a failure',
    async (effect) => {
      let [paid, others] = [0, 0]
      const run = () => ({ id: `payment ${++paid}` })
      const pay = tool({ ...base, effect, output: found, run, fallbacks: [() => ({ found: ++others })] as never })
      const error = await failure(pay.call({}, { id: 'call_1' }))
      expect(error).toBeInstanceOf(UnknownOutcomeError)
      expect(error).toMatchObject({
        idempotencyKey: 'no-task:find:call_1',
        result: { id: 'payment 1' },
        cause: { code: 'invalid_result' },
        message: expect.stringMatching(/answered.*`output`/),
      })
      expect([paid, others]).toEqual([1, 0])
    },
  )

  it('refuses a result that is too large, and the error has its start', async () => {
    const options = { ...base, output: { type: 'array' }, maxResultBytes: 500, run: () => Array(1000).fill('row') }
    const error = await failure(tool({ ...options, effect: 'read' }).call({}))
    expect(error).toBeInstanceOf(ToolResultTooLargeError)
    expect(error).toMatchObject({ maxBytes: 500, result: expect.arrayContaining(['row']) })
    expect(await failure(tool(options).call({}))).toMatchObject({
      code: 'unknown_outcome',
      cause: { code: 'tool_result_too_large' },
      result: expect.arrayContaining(['row']),
    })
  })

  it('makes the outcome of an effect unknown when the schema itself throws', async () => {
    const output = z.any().refine(() => {
      throw new Error('no database')
    })
    const error = await failure(tool({ ...base, output, run: () => 'paid' }).call({}))
    expect(error).toMatchObject({ code: 'unknown_outcome', result: 'paid' })
    expect((error as UnknownOutcomeError).cause).toMatchObject({ message: expect.stringContaining('no database') })
  })

  it('accepts what JSON cannot represent if the schema does, and converts it to JSON otherwise', async () => {
    const balance = { balance: 10n, of: new Map([['a', 1]]) }
    const exact = z.object({ balance: z.bigint(), of: z.map(z.string(), z.number()) })
    const asText = { type: 'object', properties: { balance: { type: 'string' }, of: { type: 'object' } } }
    expect(await tool({ ...base, output: exact, run: () => balance }).call({})).toEqual(balance)
    expect(await tool({ ...base, output: asText, run: () => balance }).call({})).toEqual({
      balance: '10',
      of: { a: 1 },
    })
  })

  it('is refused by its path if it is not a schema, when the tool is created', () => {
    expect(() => tool({ ...base, output: { type: 'banana' }, run: () => 1 })).toThrow(/`output`.*JSON Schema/)
  })
})

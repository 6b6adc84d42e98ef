import { type as arktype } from 'arktype'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createToolFactory } from '../tool/index.ts'
import type { ToolEffect } from '../tool-effect.ts'
import { type JsonSchema, RepairFailedError, type Schema } from './index.ts'

const REFUSED = Symbol('refused')

type Call = { readonly effect?: ToolEffect; readonly isComplete?: boolean; readonly name?: string }

/** Returns what a tool ran with, or the issues if it did not run. */
async function call(parameters: Schema, args: unknown, { effect = 'effect', isComplete, name = 'act' }: Call = {}) {
  let ran: unknown = REFUSED
  let repairs: readonly string[] = []
  const act = createToolFactory()({
    name,
    description: 'Acts',
    parameters,
    effect,
    run: (args: unknown, told) => {
      ran = args
      repairs = told.repairs ?? []
    },
  })
  const error = await act.call(args, isComplete === undefined ? {} : { isComplete }).catch((error: unknown) => error)
  if (error !== undefined && !RepairFailedError.isInstance(error)) throw error
  return { ran, repairs, said: (error?.issues ?? []).map(({ path, message }) => `${path} ${message}`) }
}

const ran = async (...of: Parameters<typeof call>) => (await call(...of)).ran
const said = async (...of: Parameters<typeof call>) => (await call(...of)).said

const takes = (properties: JsonSchema, ...required: string[]): JsonSchema => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties: { id: { type: 'integer' }, ...properties },
})
const closed = (properties: JsonSchema, ...required: string[]) => ({ ...takes({}), properties, required })

describe('coercion', () => {
  it.each<readonly [string, JsonSchema, unknown]>([
    ['null that a union allows', { anyOf: [{ type: 'string' }, { type: 'null' }] }, null],
    ['null that one of several allows', { oneOf: [{ type: 'string' }, { const: null }] }, null],
    ['null that is nullable', { type: 'string', nullable: true }, null],
    ['null that anything is', {}, null],
    ['null that is the constant', { const: null }, null],
    ['a version like a date', { type: 'string', pattern: '^\\d+[.-]\\d+[.-]\\d+$' }, '1.2.2026'],
    ['text like a date', { type: 'string', pattern: '^.{5,}$' }, '5 May 2026'],
    ['text like a number', { type: ['string', 'number'] }, '42'],
    ['text with spaces', { type: 'string' }, ' a '],
    ['a text that holds a list', { type: 'string' }, '["a"]'],
    ['members of a tuple', { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }] }, ['5', 1]],
    [
      'fields by a pattern of their names',
      { type: 'object', patternProperties: { '^x-': {} }, additionalProperties: false },
      { 'x-note': 'keep' },
    ],
    ['fields of a map', { type: 'object', additionalProperties: { type: 'string' } }, { a: '1' }],
    ['a branch of a union', { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] }, 'a'],
  ])('of one field leaves alone what was right beside it: %s', async (_, field, value) => {
    for (const effect of ['effect', 'read'] as const) {
      expect(await ran(takes({ a: field }), { id: '7', a: value }, { effect })).toEqual({ id: 7, a: value })
      expect(await ran(takes({ a: field }), JSON.stringify({ id: '7', a: value }), { effect })).toEqual({
        id: 7,
        a: value,
      })
    }
  })

  const a = { type: 'object', required: ['k', 'n'], properties: { k: { const: 'a' }, n: { type: 'integer' } } }
  const b = {
    type: 'object',
    required: ['k', 'm'],
    properties: { k: { enum: ['b'] }, m: { type: 'integer' }, n: { type: 'string' } },
  }
  const tree = { type: 'object', properties: { n: { type: 'integer' }, next: { $ref: '#/definitions/tree' } } }

  it.each<readonly [string, JsonSchema, unknown, unknown]>([
    ['the branch that a constant picks', { oneOf: [a, b] }, { k: 'a', n: '5' }, { k: 'a', n: 5 }],
    ['the branch that a choice picks', { anyOf: [b, a] }, { k: 'b', m: '5', n: '5' }, { k: 'b', m: 5, n: '5' }],
    ['the only branch that it fits then', { anyOf: [{ type: 'integer' }, { type: 'null' }] }, '5', 5],
    ['a branch in a text', { oneOf: [a, b] }, JSON.stringify({ k: 'a', n: '5' }), { k: 'a', n: 5 }],
    ['a branch by reference', { anyOf: [{ $ref: '#/definitions/tree' }, { type: 'null' }] }, { n: '1' }, { n: 1 }],
    [
      'what a reference leads to',
      { $ref: '#/definitions/tree' },
      { next: { next: { n: '1' } } },
      { next: { next: { n: 1 } } },
    ],
    [
      'the members of a tuple',
      { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }] },
      [5, '1'],
      ['5', 1],
    ],
    [
      'the members of a tuple of draft 07',
      { type: 'array', items: [{ type: 'string' }, { type: 'integer' }] },
      [5, '1'],
      ['5', 1],
    ],
    [
      'the fields of a map',
      { type: 'object', additionalProperties: { type: 'integer' } },
      { a: '1', b: 2 },
      { a: 1, b: 2 },
    ],
    [
      'the fields of a pattern',
      { type: 'object', patternProperties: { '^n': { type: 'integer' } } },
      { n1: '1' },
      { n1: 1 },
    ],
    [
      'what all parts say',
      { allOf: [{ properties: { n: { type: 'integer' } } }, { required: ['n'] }] },
      { n: '1' },
      { n: 1 },
    ],
    ['a constant', { const: 5 }, '5', 5],
    ['a dictionary of Python in a text', tree, "{'n': 1, 'next': {'n': 2}}", { n: 1, next: { n: 2 } }],
  ])('reaches %s', async (_, field, value, meant) => {
    const schema = { ...takes({ a: field }), definitions: { tree } }
    expect(await call(schema, { a: value })).toMatchObject({ ran: { a: meant }, repairs: ['coercion'] })
  })

  it.each<readonly [string, JsonSchema, unknown]>([
    ['two branches that it could be', { anyOf: [{ type: 'integer' }, { type: 'boolean' }, { const: 'x' }] }, 'y'],
    [
      'numbers and flags for one text each',
      {
        anyOf: [
          { type: 'array', items: { type: 'string' } },
          { type: 'array', items: { type: 'integer' } },
        ],
      },
      '5',
    ],
    ['nine branches', { anyOf: Array.from({ length: 9 }, (_, index) => ({ const: index })) }, '5'],
    ['a branch whose constant is another', { oneOf: [a, b] }, { k: 'c', n: '5' }],
    ['words where a list is wanted', { type: 'array', items: { type: 'string' } }, 'zip coat'],
    ['a text with commas', { type: 'array', items: { type: 'string' } }, 'zip,coat'],
    ['an empty text', { type: 'array', items: { type: 'string' } }, ''],
    ['a list that was cut', { type: 'array', items: { type: 'string' } }, '["zip","co'],
    ['null that is required', { type: 'string' }, null],
    ['a choice that is two in other capitals', { enum: ['ab', 'AB'] }, 'Ab'],
    ['the capitals of a pattern', { type: 'string', pattern: '^[A-Z]+$' }, 'abc'],
    ['infinity', { type: 'number' }, '1e400'],
    ['a list of two objects', { type: 'object' }, [{}, {}]],
  ])('does not guess: %s', async (_, field, value) => {
    const { ran, said } = await call(closed({ a: field }, 'a'), { a: value })
    expect(ran).toBe(REFUSED)
    expect(said[0]).toMatch(/^\/a/)
  })

  it('does not change the arguments of the caller', async () => {
    const args = { id: '7', a: { n: '1' } }
    const schema = takes({ a: { type: 'object', properties: { n: { type: 'integer' } } } })
    expect(await ran(schema, args)).toEqual({ id: 7, a: { n: 1 } })
    expect(args).toEqual({ id: '7', a: { n: '1' } })
  })

  it('of a Standard Schema changes only what it rejects', async () => {
    const schema = z.object({
      id: z.number(),
      token: z.string().regex(/^[a-z]+$/i),
      kind: z.enum(['a', 'b']).nullable().default('a'),
      any: z.unknown(),
      shape: z.discriminatedUnion('k', [
        z.object({ k: z.literal('c'), r: z.number() }),
        z.object({ k: z.literal('s'), w: z.number() }),
      ]),
    })
    const args = { id: '7', token: 'AbC', kind: null, any: '5', shape: { k: 's', w: '2' } }
    expect(await ran(schema, args)).toEqual({ ...args, id: 7, shape: { k: 's', w: 2 } })
  })
})

describe('empty arguments', () => {
  const none = takes({})
  const some = takes({ to: { type: 'string' } }, 'to')
  const nothings = [undefined, null, '', '  \n', 'null']

  it.each(nothings.map((args) => [args]))('mean no arguments for a tool that requires none: %j', async (args) => {
    expect(await call(none, args, { effect: 'read' })).toMatchObject({ ran: {}, repairs: ['completion'] })
    expect(await ran(none, args, { isComplete: true })).toEqual({})
    expect(await ran(takes({ n: { type: 'integer', default: 5 } }, 'n'), args, { isComplete: true })).toEqual({ n: 5 })
  })

  it.each(nothings.map((args) => [args]))(
    'do not run an effect unless they are known to be whole: %j',
    async (args) => {
      expect(await call(none, args)).toMatchObject({ ran: REFUSED, said: [expect.stringMatching(/write \{\}/)] })
      expect(await ran(none, args, { isComplete: false })).toBe(REFUSED)
    },
  )

  it.each(nothings.map((args) => [args]))(
    'are told by what is missing, where something is required: %j',
    async (args) => {
      expect(await said(some, args, { effect: 'read', isComplete: true })).toEqual(['/to is missing'])
    },
  )

  it('are not changed if null fits the schema', async () => {
    expect(await ran({ type: ['object', 'null'] }, 'null')).toBe(null)
  })
})

describe('arguments inside a call', () => {
  const user = {
    type: 'object',
    required: ['name'],
    properties: { name: { type: 'string' }, age: { type: 'integer' } },
  }
  const create = { name: 'create_user' }
  /** Accepts every object, so that a call that is not recognised would run without its arguments. */
  const optional = { ...user, required: [] }
  const bob = { name: 'Bob' }
  const oneCall = { name: 'create_user', arguments: bob }

  it.each([
    ['of chat completions', { type: 'function', function: { name: 'create_user', arguments: '{"name":"Bob"}' } }],
    ['of chat completions, with its id', { id: 'call_1', index: 0, type: 'function', function: oneCall }],
    ['of the Responses API', { type: 'function_call', call_id: 'c', name: 'create_user', arguments: '{"name":"Bob"}' }],
    ['of Anthropic', { type: 'tool_use', id: 't', name: 'create_user', input: bob }],
    ['of Gemini', { functionCall: { name: 'create_user', args: bob } }],
    ['of LangChain', { action: 'create_user', action_input: bob }],
    ['in a list', [oneCall]],
    ['in a list of calls', { tool_calls: [{ type: 'function', function: oneCall }] }],
    ['under the name of the tool', { create_user: bob }],
    ['with an id', { ...oneCall, id: 'call_1' }],
  ])('are taken out of a call %s', async (_, args) => {
    expect(await ran(optional, args, create)).toEqual(bob)
    expect(await ran(optional, JSON.stringify(args), create)).toEqual(bob)
  })

  it('keep their digits inside every call', async () => {
    const text = '{"tool_calls":[{"function":{"name":"create_user","arguments":{"name":3.10}}}]}'
    expect(await ran(user, text, create)).toEqual({ name: '3.10' })
  })

  it('are the fields that the schema declares, also if they look like a call', async () => {
    const schema = { type: 'object', properties: { function: { type: 'object' }, type: { type: 'string' } } }
    const args = { type: 'function', function: { name: 'act', arguments: {} } }
    expect(await ran(schema, args)).toEqual(args)
  })

  it.each<readonly [string, JsonSchema, unknown]>([
    ['of a schema that forbids other fields', { ...user, additionalProperties: false }, { name: 'Bob', age: '7' }],
    ['of a schema that allows them', user, { name: 'Bob', age: 7 }],
    ['in text', user, JSON.stringify({ name: 'Bob', age: 7 })],
    ['with numbers that keep their digits', user, { name: 'Bob', age: '7.0' }],
  ])('are taken out of it: %s', async (_, schema, args) => {
    const envelope = { name: 'create_user', arguments: args }
    expect(await call(schema, envelope, create)).toMatchObject({ ran: { name: 'Bob', age: 7 }, repairs: ['coercion'] })
    expect(await ran(schema, JSON.stringify(envelope), create)).toEqual({ name: 'Bob', age: 7 })
  })

  it('have the digits of their numbers', async () => {
    expect(await ran(user, '{"name":"create_user","arguments":{"name":3.10}}', create)).toEqual({ name: '3.10' })
  })

  it.each<readonly [string, JsonSchema, unknown]>([
    ['that names another tool', user, { name: 'delete_user', arguments: { name: 'Bob' } }],
    ['that does not fit', user, { name: 'create_user', arguments: {} }],
    ['with a field that belongs to no call', user, { name: 'create_user', arguments: { name: 'Bob' }, dryRun: true }],
    [
      'with two calls',
      optional,
      {
        tool_calls: [
          { name: 'create_user', arguments: {} },
          { name: 'create_user', arguments: {} },
        ],
      },
    ],
    ['in a call of another tool', optional, { type: 'function', function: { name: 'delete_user', arguments: {} } }],
    ['that are a text', optional, { arguments: 'Bob' }],
    ['of another shape', { ...user, additionalProperties: false }, { name: 'create_user', payload: { name: 'Bob' } }],
  ])('are not run: %s', async (_, schema, args) => {
    expect(await ran(schema, args, create)).toBe(REFUSED)
  })

  it('are not unwrapped if the schema declares such a field, or no field', async () => {
    const args = { name: 'act', arguments: { a: 1 } }
    expect(await ran({ type: 'object', properties: { name: {}, arguments: {} } }, args)).toEqual(args)
    expect(await ran({ type: 'object' }, args)).toEqual(args)
  })
})

describe('fields that the schema neither declares nor forbids', () => {
  const open = { type: 'object', properties: { to: { type: 'string' }, dryRun: { type: 'boolean' } } }
  const library = z.object({ to: z.string(), dryRun: z.boolean().optional() })
  const effects = ['read', 'idempotent', 'effect'] as const

  it.each([
    ['a JSON Schema', open],
    ['a schema whose library drops them', library],
    ['a schema whose library keeps them', arktype({ to: 'string', 'dryRun?': 'boolean' })],
  ])('are refused for any tool when an absent field may be meant: %s', async (_, schema) => {
    for (const effect of effects) {
      expect(await said(schema, { to: 'all', dry_run: true }, { effect })).toEqual([
        '/dry_run is not a field of this object; perhaps `dryRun` was meant',
      ])
    }
    expect(await ran(schema, { to: 'all', dryRun: true })).toEqual({ to: 'all', dryRun: true })
  })

  it('are refused where they stand in objects and lists, also after a repair', async () => {
    const schema = { type: 'object', properties: { list: { type: 'array', items: open } } }
    expect(await said(schema, { list: [{}, { dry_run: true }] })).toEqual([
      '/list/1/dry_run is not a field of this object; perhaps `dryRun` was meant',
    ])
    expect(await said(schema, { list: [{ to: 5, dry_run: true }] })).toEqual([
      '/list/0/dry_run is not a field of this object; perhaps `dryRun` was meant',
    ])
  })

  it('are passed on if they resemble no absent field, or the schema says more about them', async () => {
    for (const args of [
      { to: 'all', confidence: 1 },
      { to: 'all', dryRun: false, dry_run: true },
      { to: 'all', d: 1 },
    ]) {
      expect(await ran(open, args)).toEqual(args)
    }
    const args = { to: 'all', dry_run: true }
    for (const more of [{ additionalProperties: true }, { patternProperties: { _: {} } }, { propertyNames: {} }]) {
      expect(await ran({ ...open, ...more }, args)).toEqual(args)
    }
    expect(await ran(library.loose(), args)).toEqual(args)
  })

  it('are not dropped for a tool with an effect, unless the schema reads them itself', async () => {
    const args = { to: 'all', confidence: 1 }
    expect(await said(library, args)).toEqual(['/confidence is not a field of this object'])
    expect(await ran(library, args, { effect: 'read' })).toEqual({ to: 'all' })
    const reading = z.preprocess((value) => ({ to: (value as { recipient: string }).recipient }), library)
    expect(await ran(reading, { recipient: 'boss' })).toEqual({ to: 'boss' })
    expect(await said(reading, { recipient: 'boss', cc: 'all' })).toEqual(['/cc is not a field of this object'])
  })
})

describe('a field of a call that may be an argument', () => {
  const schema = { type: 'object', properties: { id: { type: 'string' }, status: { type: 'string' } } }

  it('is not left out', async () => {
    const beside = ' stands beside a call: write the arguments themselves'
    expect(await said(schema, { status: 'open', arguments: { id: '7' } })).toEqual([`/status${beside}`])
    expect(await said(schema, { id: '7', name: 'act', arguments: {} })).toEqual([`/id${beside}`])
    expect(await ran(schema, { id: 'call_1', name: 'act', arguments: { id: '7' } })).toEqual({ id: '7' })
  })
})

describe('a field inside the text of another', () => {
  const closedSearch = closed({ file: { type: 'string' }, pattern: { type: 'string' } })
  const library = z.object({ file: z.string(), pattern: z.string().optional() })

  it.each([
    ['of GLM', 'a.log</arg_value><arg_key>pattern</arg_key>\n<arg_value>error'],
    ['of Qwen', 'a.log\n</parameter>\n<parameter=pattern>\nerror'],
    ['of Claude', 'a.log</parameter><parameter name="pattern">error'],
  ])('is refused for any tool, in the format %s', async (_, file) => {
    for (const schema of [closedSearch, { ...closedSearch, additionalProperties: true }, library]) {
      for (const effect of ['read', 'effect'] as const) {
        expect(await said(schema, { file }, { effect })).toEqual([
          '/file contains the field `pattern`: write it as a field of its own',
        ])
      }
      // The twin: a text about such a format.
      expect(await ran(schema, { file, pattern: 'error' })).toEqual({ file, pattern: 'error' })
    }
    expect(await ran(closed({ file: { type: 'string' } }), { file })).toEqual({ file })
  })

  it.each([
    'Write <parameter name="pattern">error</parameter>.',
    '<arg_key>pattern</arg_key><arg_value>error</arg_value>',
  ])('is not seen in a text that opens what it closes: %s', async (file) => {
    expect(await ran(library, { file })).toEqual({ file })
  })
})

describe('fields that the schema forbids', () => {
  const schema = takes({ to: { type: 'string' }, dryRun: { type: 'boolean' } })

  it('are removed for a tool that reads, and the repair is reported', async () => {
    expect(await call(schema, { to: 'all', confidence: 0.9 }, { effect: 'read' })).toMatchObject({
      ran: { to: 'all' },
      repairs: ['removal'],
    })
  })

  it.each([
    ['misspelt', 'dry_run'],
    ['with another letter', 'dryRum'],
    ['longer', 'is_dry_run'],
    ['shorter', 'dry'],
  ])('are refused for any tool when they may be another field: %s', async (_, name) => {
    for (const effect of ['read', 'idempotent', 'effect'] as const) {
      expect(await ran(schema, { to: 'all', [name]: true }, { effect })).toBe(REFUSED)
    }
  })

  it('are refused for a tool with an effect', async () => {
    expect(await call(schema, { to: 'all', confidence: 0.9 })).toMatchObject({
      ran: REFUSED,
      said: ['/confidence is not a field of this object'],
    })
    expect(await ran(schema, { to: 'all', confidence: 0.9 }, { effect: 'idempotent' })).toBe(REFUSED)
  })

  it('are passed on when it allows them', async () => {
    const open = { type: 'object', properties: { to: { type: 'string' } } }
    expect(await call(open, { to: 'all', more: 1 })).toMatchObject({ ran: { to: 'all', more: 1 }, repairs: [] })
  })
})

describe('a value of another type', () => {
  it.each<readonly [string, JsonSchema, unknown, unknown]>([
    ['a number in spaces', { type: 'integer' }, ' 5 ', 5],
    ['a number with its sign', { type: 'number' }, '+0.5', 0.5],
    ['a number of two kinds', { type: ['integer', 'number'] }, '1', 1],
    ['a word for one of two types', { type: ['integer', 'boolean'] }, 'true', true],
    ['a word in spaces and capitals', { type: 'boolean' }, ' TRUE ', true],
    ['true for a text', { type: 'string' }, true, 'true'],
    ['one text for a list that may be null', { type: ['array', 'null'] }, 'a', ['a']],
    ['one text with brackets in it', { type: 'array' }, "it(')s", ["it(')s"]],
    ['one object for a list', { type: 'array', items: { type: 'object' } }, { b: 1 }, [{ b: 1 }]],
    ['an object in a text in spaces', { type: 'object' }, ' {"b":1} ', { b: 1 }],
    ['the choice itself before one that resembles it', { enum: ['a b', 'a_b'] }, ' a_b ', 'a_b'],
    ['a choice in quotes', { enum: ['fast', 'slow'] }, '"fast"', 'fast'],
    ['a choice in other spaces', { enum: ['HALF_BOARD'] }, ' half - board ', 'HALF_BOARD'],
    ['a choice that is another one without its spaces', { enum: ['a_b', 'ab'] }, 'A B', 'a_b'],
    ['a text that spells null, among choices', { enum: ['null', null, {}] }, 'NULL', 'null'],
    ['spaces around what has a format', { type: 'string', format: 'email' }, ' a@b.no ', 'a@b.no'],
  ])('means the one that says the same: %s', async (_, field, value, meant) => {
    expect(await ran(closed({ a: field }, 'a'), { a: value })).toEqual({ a: meant })
  })

  it.each<readonly [string, JsonSchema, unknown]>([
    ['a list for a number', { type: 'integer' }, ['5']],
    ['spaces for a number', { type: 'integer' }, ' '],
    ['a number of another base', { type: 'integer' }, '0x5'],
    ['a number of base two', { type: 'integer' }, '0b1'],
    ['a number for a boolean', { type: 'boolean' }, 1],
    ['a text that may be a number or a list', { type: ['array', 'integer'] }, 'a'],
    ['null for a list', { type: 'array' }, null],
    ['a choice with another sign before it', { enum: ['price', '-price'] }, '_price'],
    ['a choice with a sign after it', { enum: ['a', 'a-'] }, 'a_'],
    ['a list for a choice', { enum: ['a'] }, ['a']],
    ['an object for a choice', { enum: ['[object object]'] }, {}],
    ['prose before an object in a text', { type: 'object' }, 'see {"b":1}'],
    ['prose after an object in a text', { type: 'object' }, '{"b":1} see'],
    ['an object in a text without quotes', { type: 'object' }, '{b:1}'],
  ])('is refused where that is not known: %s', async (_, field, value) => {
    expect(await ran(closed({ a: field }, 'a'), { a: value })).toBe(REFUSED)
    expect(await ran(closed({ a: field }, 'a'), { a: value }, { effect: 'read' })).toBe(REFUSED)
  })

  it.each([[[{}, {}]], [[5]], [[[{}]]], [[[]]]])('is refused for the whole of the arguments: %j', async (args) => {
    expect(await ran(closed({}), args)).toBe(REFUSED)
  })
})

describe('a union with more than eight branches', () => {
  const n = { n: { type: 'integer' } }
  const closedBy = (fields: JsonSchema) => closed({ ...n, ...fields }, 'n')
  const kinds = Array.from({ length: 10 }, (_, kind) => `k${kind}`)
  const among = (...branches: readonly JsonSchema[]) => closed({ s: { anyOf: branches } })
  const meant = (s: unknown) => ({ s })

  it.each([
    ['a constant', among(...kinds.map((kind) => closedBy({ kind: { const: kind } })))],
    ['a choice', among(...kinds.map((kind) => closedBy({ kind: { enum: [kind, `${kind}!`] } })))],
    [
      'a constant behind a reference',
      {
        ...among(...kinds.map((kind) => ({ $ref: `#/$defs/${kind}` }))),
        $defs: Object.fromEntries(kinds.map((kind) => [kind, closedBy({ kind: { const: kind } })])),
      },
    ],
    [
      'a constant that one branch lacks',
      among(closedBy({}), ...kinds.map((kind) => closedBy({ kind: { const: kind } }))),
    ],
  ])('is decided by %s', async (_, schema) => {
    expect(await ran(schema, meant({ kind: 'k7', n: '5' }))).toEqual(meant({ kind: 'k7', n: 5 }))
    expect(await ran(schema, meant({ kind: 'k99', n: '5' }))).toBe(REFUSED)
    expect(await ran(schema, meant('k7'))).toBe(REFUSED)
  })

  it('is decided by the constants of a branch, all of them', async () => {
    const versions = kinds.map((_, version) => closedBy({ kind: { const: 'k' }, version: { const: version } }))
    expect(await ran(among(...versions), meant({ kind: 'k', version: 7, n: '5' }))).toEqual(
      meant({ kind: 'k', version: 7, n: 5 }),
    )
    expect(await ran(among(...versions), meant({ kind: 'k', n: '5' }))).toBe(REFUSED)
  })

  it('is not decided without constants', async () => {
    const own = kinds.map((kind) => closedBy({ [kind]: { type: 'integer' } }))
    expect(await ran(among(...own.slice(0, 8)), meant({ n: '5', k7: 1 }))).toEqual(meant({ n: 5, k7: 1 }))
    expect(await ran(among(...own.slice(0, 9)), meant({ n: '5', k7: 1 }))).toBe(REFUSED)
  })

  it('is decided if all branches that accept it coerce it to the same value', async () => {
    const numbers = [closed({ a: { type: 'integer' } }), closed({ a: { type: 'number' } })]
    expect(await ran(among(...numbers), meant({ a: '1' }))).toEqual(meant({ a: 1 }))
  })
})

describe('fields that a schema with several parts forbids', () => {
  const schema = {
    type: 'object',
    properties: { to: { type: 'string' } },
    allOf: [{ properties: { dryRun: { type: 'boolean' } } }],
    unevaluatedProperties: false,
  }

  it('are left out for a tool that reads', async () => {
    expect(await call(schema, { to: 'all', confidence: 0.9 }, { effect: 'read' })).toMatchObject({
      ran: { to: 'all' },
      repairs: ['removal'],
    })
  })

  it('are refused when they may be a field of another part', async () => {
    expect(await ran(schema, { to: 'all', dry_run: true }, { effect: 'read' })).toBe(REFUSED)
  })

  it('are not removed inside a union, where that could choose the branch', async () => {
    const form = (kind: string) => closed({ kind: { const: kind }, n: { type: 'integer' } }, 'kind')
    const union = closed({ s: { anyOf: [form('a'), form('b')] } })
    const args = { s: { kind: 'a', n: '5', zzz: 1 } }
    expect(await ran(union, args, { effect: 'read' })).toBe(REFUSED)
    expect(await ran(union, { s: { kind: 'a', n: '5' } }, { effect: 'read' })).toEqual({ s: { kind: 'a', n: 5 } })
  })
})

describe('null in a field that may not be null', () => {
  const schema = closed({
    n: { type: 'string' },
    l: { type: 'array', items: { type: 'string' } },
    id: { type: 'integer' },
  })

  it('is removed if the field is optional', async () => {
    expect(await call(schema, { n: null })).toMatchObject({ ran: {}, repairs: ['coercion'] })
    expect(await call({ ...schema, required: ['id'] }, { n: null, id: '5' })).toMatchObject({ ran: { id: 5 } })
  })

  it('remains an issue if the field is required, whatever else is repaired', async () => {
    expect(await said({ ...schema, required: ['n'] }, { n: null, id: '5' })).toEqual(['/n must be string'])
    expect(await said({ ...schema, required: ['n'] }, { n: null })).toEqual(['/n must be string'])
  })

  it('is not removed if another field is missing', async () => {
    expect(await said({ ...schema, required: ['id'] }, { n: null })).toEqual(['/id is missing'])
  })

  it('is not removed from a list, where other members would move up', async () => {
    expect(await said(schema, { l: ['a', null, 'b'], id: '5' })).toEqual(['/l/1 must be string'])
  })
})

describe('a list of one object', () => {
  it('is empty where PHP wrote an object without fields', async () => {
    expect(await call(closed({ o: { type: 'string' } }), '[]')).toMatchObject({ ran: {}, repairs: ['coercion'] })
    expect(await said(closed({ o: { type: 'string' } }, 'o'), '[]')).toEqual(['/o is missing'])
    expect(await said(closed({ o: { type: 'object' } }), { o: [] })).toEqual(['/o must be object'])
  })

  it('is unwrapped only if it is the whole arguments', async () => {
    const schema = closed({ o: { type: 'object' } })
    expect(await ran(schema, [{ o: {} }])).toEqual({ o: {} })
    expect(await said(schema, { o: [{}] })).toEqual(['/o must be object'])
  })
})

describe('the message about wrong arguments', () => {
  const manyForms = Array.from({ length: 60 }, (_, kind) => ({
    type: 'object',
    required: ['kind', 'n'],
    properties: { kind: { const: kind }, n: { type: 'integer' } },
  }))
  const circle = {
    type: 'object',
    required: ['kind', 'r'],
    properties: { kind: { const: 'circle' }, r: { type: 'number' } },
  }
  const square = {
    type: 'object',
    required: ['kind', 'w'],
    properties: { kind: { const: 'square' }, w: { type: 'number' } },
  }

  it.each<readonly [string, JsonSchema, unknown, readonly string[]]>([
    ['which constant is wanted', closed({ a: { const: 'x' } }), { a: 'y' }, ['/a must be "x"']],
    ['which choices there are', closed({ a: { enum: ['x', 'y'] } }), { a: 'z' }, ['/a must be one of ["x","y"]']],
    [
      'what the nearest branch lacks',
      closed({ a: { anyOf: [circle, square] } }),
      { a: { kind: 'square' } },
      ['/a/w is missing'],
    ],
    [
      'the types that a union takes',
      closed({ a: { anyOf: [{ type: 'string' }, { type: 'null' }] } }),
      { a: {} },
      ['/a must be string or null'],
    ],
    [
      'which forms there are, when it is none of them',
      closed({ a: { anyOf: [circle, square] } }),
      { a: { kind: 'line', r: 1 } },
      ['/a/kind must be one of ["circle","square"]'],
    ],
    [
      // The schema of a Rust enum with descriptions.
      'all choices of a union of choices',
      closed({ a: { oneOf: [{ enum: ['fast'], type: 'string' }, { enum: ['slow', 'fast'] }, { const: 'off' }] } }),
      { a: 'quick' },
      ['/a must be one of ["fast","slow","off"]'],
    ],
    [
      'all choices of a union of many choices',
      closed({ a: { anyOf: Array.from({ length: 60 }, (_, n) => ({ const: n, title: `No. ${n}` })) } }),
      { a: 'none' },
      [`/a must be one of ${JSON.stringify(Array.from({ length: 60 }, (_, n) => n))}`],
    ],
    [
      'which forms there are, of a union of many forms',
      closed({ a: { anyOf: manyForms } }),
      { a: { kind: 'none' } },
      [`/a/kind must be one of ${JSON.stringify(manyForms.map((_, n) => n))}`],
    ],
    [
      'what the form lacks that its constant picks of many',
      closed({ a: { anyOf: manyForms } }),
      { a: { kind: 59 } },
      ['/a/n is missing'],
    ],
    [
      // The twin: one of the branches accepts other values too.
      'what the nearest branch takes, when not all of them have choices',
      closed({ a: { anyOf: [{ enum: ['fast'] }, { type: 'string', minLength: 9 }] } }),
      { a: 'quick' },
      ['/a must NOT have fewer than 9 characters'],
    ],
    [
      'each type that it may have',
      closed({ a: { type: ['number', 'null'] } }),
      { a: {} },
      ['/a must be number or null'],
    ],
    [
      'that more than one form fits',
      closed({ a: { oneOf: [{ minimum: 0 }, { maximum: 9 }] } }),
      { a: 5 },
      ['/a fits more than one of its allowed forms, and must fit exactly one'],
    ],
    [
      'the nearest branch in the nearest branch',
      closed({
        a: {
          anyOf: [
            { type: 'object', properties: { s: { anyOf: [circle, square] } }, required: ['s'] },
            { type: 'string' },
          ],
        },
      }),
      { a: { s: { kind: 'circle', r: [] } } },
      ['/a/s/r must be number'],
    ],
    [
      'the misspelt name of what is missing',
      { ...closed({ amount: { type: 'number' } }, 'amount'), additionalProperties: true },
      { amuont: 5 },
      ['/amount is missing; there is `amuont`, which is not a field of this object'],
    ],
    [
      'the name that was probably meant',
      closed({ dryRun: {} }),
      { dry_run: true },
      ['/dry_run is not a field of this object; perhaps `dryRun` was meant'],
    ],
    ['a field that must be left out', closed({ a: false }), { a: 1 }, ['/a must be left out']],
  ])('says %s', async (_, schema, args, issues) => {
    expect(await said(schema, args)).toEqual(issues)
  })

  it.each([
    ['where JSON ends to be JSON', '{"a": 1, "b": oops}', / is not JSON, at character 15 of 19, near .*oops/],
    ['that it has no brackets', 'a = 1', / is not JSON: it has no \{ or \[/],
    ['at the last character at most where', '{"a":1 /* not 2 */}', /negation, at character 19 of 19,/],
    ['which escape is invalid', '{"a":"\\d"}', / has an escape that JSON does not have.*at character 6 of/],
    ['which key is there twice', "{'a':1,'a':2}", / has the key "a" twice/],
    ['that something was left out', '{"a":1 // rest omitted\n}', /something was left out/],
    ['that there is more than one value', '{"a":1}{"a":2}', /more around its value than prose/],
    ['that the text ends too early', '{"a":1', /cut off/],
    [
      'that it was too long to be repaired',
      `{"a":"${'x'.repeat(2_000_000)}",}`,
      /is not JSON, and its 2000009 characters are more/,
    ],
  ])('says %s', async (_, text, message) => {
    const [issue] = await said({ type: 'object' }, text)
    expect(issue).toMatch(message)
    expect(issue!.length).toBeLessThan(300)
  })
})

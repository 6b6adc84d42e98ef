import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type as arktype } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createToolFactory } from '../tool/index.ts'
import type { ToolEffect } from '../tool-effect.ts'
import { RepairFailedError, type RepairSettings, type Schema } from './index.ts'

const REFUSED = Symbol('refused')

type Given = { readonly effect?: ToolEffect; readonly repair?: RepairSettings }

/** Returns what a tool ran with, or the issues if it did not run. */
async function call(parameters: Schema, args: unknown, { effect = 'effect', repair }: Given = {}) {
  let ran: unknown = REFUSED
  const act = createToolFactory()({
    name: 'act',
    description: 'Acts',
    parameters,
    effect,
    ...(repair && { repair }),
    run: (args: unknown) => {
      ran = args
    },
  })
  const error = await act.call(args).catch((error: unknown) => error)
  if (error !== undefined && !RepairFailedError.isInstance(error)) throw error
  return error ? error.issues.map(({ path, message }) => `${path} ${message}`) : ran
}

const confirm = z.object({ a: z.coerce.boolean() })
const amount = z.object({ a: z.coerce.number() })
const text = z.object({ a: z.coerce.string() })
const untyped = toStandardJsonSchema(v.object({ a: v.pipe(v.unknown(), v.toBoolean()) }))
const anything = arktype({ a: arktype('unknown').pipe(Number) })

describe('a library that casts what a model wrote', () => {
  it.each<readonly [string, Schema, string, unknown]>([
    ['false in a text', confirm, '{"a":"false"}', { a: false }],
    ['False in a text', confirm, '{"a":" False "}', { a: false }],
    ['yes', confirm, '{"a":"yes"}', { a: true }],
    ['1', confirm, '{"a":1}', { a: true }],
    ['false of a schema without types', untyped, '{"a":"false"}', { a: false }],
    ['a number in a text', amount, '{"a":"12.50"}', { a: 12.5 }],
    ['null for what is optional', amount.partial(), '{"a":null}', {}],
    ['null for what has a default', z.object({ a: z.coerce.number().default(5) }), '{"a":null}', { a: 5 }],
    ['null that is allowed', z.object({ a: z.coerce.number().nullable() }), '{"a":null}', { a: null }],
    ['the digits of a version', text, '{"a":1.10}', { a: '1.10' }],
    [
      'the digits of a version beside an issue',
      text.extend({ n: z.number() }),
      '{"a":1.0,"n":"2"}',
      { a: '1.0', n: 2 },
    ],
    ['the digits of an id', text, '{"a":12345678901234567890}', { a: '12345678901234567890' }],
    ['a number of any kind', z.object({ a: z.any().transform(String) }), '{"a":5}', { a: '5' }],
    ['true for a text', text, '{"a":true}', { a: 'true' }],
    ['parts of lists', z.object({ a: z.array(z.coerce.boolean()) }), '{"a":["false",true]}', { a: [false, true] }],
    ['what is moved', confirm.transform(({ a }) => ({ isSure: a })), '{"a":"false"}', { isSure: false }],
    ['what is turned', z.object({ a: z.coerce.boolean().transform((a) => !a) }), '{"a":"false"}', { a: true }],
    ['branches', z.union([confirm, z.object({ b: z.number() })]), '{"a":"false"}', { a: false }],
  ])('runs with what it states: %s', async (_, schema, args, meant) => {
    expect(await call(schema, args)).toEqual(meant)
  })

  it.each<readonly [string, Schema, string, string]>([
    ['no', confirm, '{"a":"no"}', '/a must be boolean'],
    ['an empty text for a boolean', confirm, '{"a":""}', '/a must be boolean'],
    ['null for a boolean', confirm, '{"a":null}', '/a must be boolean'],
    ['a list for a boolean', confirm, '{"a":[]}', '/a must be boolean'],
    ['2 for a boolean', confirm, '{"a":2}', '/a must be boolean'],
    ['a word of a schema without types', untyped, '{"a":"off"}', '/a must be boolean'],
    ['an empty text for a number', amount, '{"a":""}', '/a must be number'],
    ['null for a number', amount, '{"a":null}', '/a must be number'],
    ['true for a number', amount, '{"a":true}', '/a must be number'],
    ['an octal number', amount, '{"a":"0644"}', '/a must be number'],
    ['an empty text for a number of arktype', anything, '{"a":""}', '/a must be number'],
    ['null for a text', text, '{"a":null}', '/a must be string'],
    ['an object for a text', text, '{"a":{}}', '/a must be string'],
    ['a part of a list', z.object({ a: z.array(z.coerce.number()) }), '{"a":[1,""]}', '/a/1 must be number'],
  ])('runs no effect on what was not stated: %s', async (_, schema, args, issue) => {
    expect(await call(schema, args)).toEqual([issue])
  })

  it('keeps its value for a tool that only reads, but never the opposite', async () => {
    expect(await call(amount, '{"a":""}', { effect: 'read' })).toEqual({ a: 0 })
    expect(await call(confirm, '{"a":"false"}', { effect: 'read' })).toEqual({ a: false })
  })

  it('runs no effect where nothing is repaired', async () => {
    expect(await call(confirm, '{"a":"false"}', { repair: { strictness: 'none' } })).toEqual(['/a must be boolean'])
    expect(await call(text, '{"a":7}', { repair: { strictness: 'none' } })).toEqual({ a: '7' })
  })

  it('takes no type of another branch', async () => {
    const kind = (k: string, x: z.ZodType) => z.object({ k: z.literal(k), x, n: z.coerce.boolean() })
    const either = z.union([kind('a', z.number()), kind('b', z.coerce.string())]).transform((value) => ({ value }))
    expect(await call(either, '{"k":"b","x":"12.0","n":"false"}')).toMatchObject({ value: { x: '12.0' } })
  })

  it('is not looked for in an object of a class, whose getters may throw', async () => {
    const order = new (class {
      constructor() {
        Object.defineProperty(this, 'a', { enumerable: true, get: () => expect.unreachable('it was read') })
      }
    })()
    expect(
      await call(
        z.object({ b: z.string() }).transform(() => order),
        '{"b":"x"}',
      ),
    ).toBe(order)
  })

  it('says which digits a number would lose', async () => {
    expect(await call(amount, '{"a":12345678901234567890}')).toEqual([
      expect.stringMatching(/must be number; 12345678901234567890 is beyond 2\^53/),
    ])
  })

  it('changes nothing of what its schema asks for', async () => {
    const asked = z.object({ a: z.string().transform(Boolean), b: z.boolean().default(false) })
    expect(await call(asked, '{"a":"false"}')).toEqual({ a: true, b: false })
    expect(await call(z.object({ a: z.stringbool() }), '{"a":"off"}')).toEqual({ a: false })
    const list = z.object({ a: z.preprocess((a) => (typeof a === 'string' ? a.split(',') : a), z.array(z.string())) })
    expect(await call(list, '{"a":"x,y"}')).toEqual({ a: ['x', 'y'] })
  })
})

import { describe, expect, it } from 'vitest'
import { createToolFactory } from '../tool/index.ts'
import { type JsonSchema, RepairFailedError } from './index.ts'

const OPERATORS = ['and', 'or', 'xor', 'nand', 'nor', 'if']
const expression = {
  type: 'object',
  required: ['e'],
  properties: { e: { $ref: '#/$defs/E' } },
  $defs: {
    E: {
      anyOf: [
        ...OPERATORS.map((op) => ({
          type: 'object',
          required: ['op', 'args'],
          properties: { op: { const: op }, args: { type: 'array', items: { $ref: '#/$defs/E' } } },
        })),
        { type: 'object', required: ['op', 'v'], properties: { op: { const: 'lit' }, v: { type: 'integer' } } },
      ],
    },
  },
}

function nested(depth: number, v: unknown): { op: string } {
  let e: { op: string } = { op: 'lit', v } as { op: string }
  for (let at = 0; at < depth; at++) e = { op: OPERATORS[at % OPERATORS.length]!, args: [e] } as { op: string }
  return e
}

const call = (parameters: JsonSchema, args: unknown): Promise<unknown> =>
  createToolFactory()({ name: 'act', description: 'Acts', parameters, run: (args: unknown) => args }).call(args)

describe('arguments whose schema has unions in unions', () => {
  it.each([1, 4, 12])('are taken where they fit, %i deep', async (depth) => {
    const args = { e: nested(depth, 1) }
    expect(await call(expression, args)).toEqual(args)
  })

  it('are repaired where that takes few comparisons', async () => {
    expect(await call(expression, { e: nested(2, '1') })).toEqual({ e: nested(2, 1) })
  })

  it('are refused before they are compared for minutes, so that others are served meanwhile', async () => {
    const error = await call(expression, { e: nested(30, 'x') }).catch((error: unknown) => error)
    expect(RepairFailedError.isInstance(error)).toBe(true)
    expect(String(error)).toMatch(/cannot be compared with all the forms that its schema allows/)
  })

  it('are refused where each part of the schema refers twice to the next', async () => {
    const parts: [string, object][] = [['d0', { type: 'integer' }]]
    for (let at = 1; at < 50; at++) {
      const next = { $ref: `#/$defs/d${at - 1}` }
      parts.push([`d${at}`, { anyOf: [next, next] }])
    }
    const schema = { type: 'object', $defs: Object.fromEntries(parts), properties: { v: { $ref: '#/$defs/d49' } } }
    await expect(call(schema, { v: 1 })).resolves.toEqual({ v: 1 })
    await expect(call(schema, { v: 'x' })).rejects.toBeInstanceOf(RepairFailedError)
  })

  it('are refused where the schema refers to itself and nothing else', async () => {
    await expect(call({ type: 'object', allOf: [{ $ref: '#' }] }, {})).rejects.toBeInstanceOf(RepairFailedError)
  })

  it('are not refused for their number', async () => {
    const items = { anyOf: [{ $ref: '#/$defs/n' }, { type: 'string' }] }
    const schema = { type: 'object', $defs: { n: { type: 'integer' } }, properties: { v: { type: 'array', items } } }
    const v = Array.from({ length: 50_000 }, (_, at) => (at % 2 ? at : `${at}`))
    expect(await call(schema, { v })).toEqual({ v })
  })
})

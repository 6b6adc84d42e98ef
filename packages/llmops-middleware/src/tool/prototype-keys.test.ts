import { describe, expect, it } from 'vitest'
import { RepairFailedError, type Schema } from '../repair/index.ts'
import { createToolFactory } from './index.ts'

const tool = createToolFactory()

const role = { type: 'object', required: ['role'], properties: { id: { type: 'integer' }, role: { type: 'string' } } }
const inner = { type: 'object', additionalProperties: false, properties: { id: { type: 'integer' } } }
const list = { type: 'array', items: { type: 'object', properties: { id: { type: 'integer' } } } }
const PLAIN = '{"id":1,"__proto__":{"isAdmin":true,"role":"admin"}}'
const text = (value: unknown) => JSON.stringify(value)

describe('a __proto__ among the arguments', () => {
  it.each<readonly [string, Schema, string, string]>([
    ['in the text', { type: 'object' }, PLAIN, '/__proto__'],
    ['in a text in quotes', { type: 'object' }, text(PLAIN), '/__proto__'],
    ['in a text in quotes that a required field could come from', role, text(PLAIN), '/__proto__'],
    ['in a text in quotes, where it would be dropped', inner, text(PLAIN), '/__proto__'],
    ['in an object in quotes', { type: 'object', properties: { a: inner } }, text({ a: PLAIN }), '/a/__proto__'],
    [
      'in an object in quotes, twice',
      { type: 'object', properties: { a: { type: 'object', properties: { b: role } } } },
      text({ a: text({ b: PLAIN }) }),
      '/a/b/__proto__',
    ],
    ['in a list in quotes', { type: 'object', properties: { a: list } }, text({ a: `[${PLAIN}]` }), '/a/0/__proto__'],
    ['in a field beside one to coerce', role, '{"id":"1","__proto__":{"role":"admin"}}', '/__proto__'],
    ['in other quotes', role, "{'id':1,'__proto__':{'role':'admin'}}", '/__proto__'],
  ])('is refused with its path: %s', async (_, parameters, args, path) => {
    let ran = false
    const act = tool({ name: 'act', description: 'Acts', parameters, run: () => (ran = true) })
    const error = await act.call(args).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(RepairFailedError)
    expect((error as RepairFailedError).issues.map((issue) => issue.path)).toContain(path)
    expect(ran).toBe(false)
  })

  it('is not added by what the model repaired', async () => {
    let ran = false
    const act = tool({ name: 'act', description: 'Acts', parameters: role, run: () => (ran = true) })
    const answers = ['{"role":"user","__proto__":{"isAdmin":true}}', text(PLAIN)]
    const askModel = async () => answers.shift()!
    await expect(act.call('{"id":1}', { askModel })).rejects.toThrow(/__proto__/)
    expect(answers).toEqual([])
    expect(ran).toBe(false)
  })
})

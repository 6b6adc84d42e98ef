import { describe, expect, it } from 'vitest'
import { ExpressionError } from './expression-error.ts'
import { parseExpression } from './parse.ts'

describe('an expression', () => {
  it('is read with calls, literals and members', () => {
    expect(parseExpression("reference('/a/b', '2019-05-01', 'full').identity.principalId")).toEqual({
      kind: 'member',
      isOptional: false,
      key: { kind: 'literal', value: 'principalId' },
      of: {
        kind: 'member',
        isOptional: false,
        key: { kind: 'literal', value: 'identity' },
        of: {
          kind: 'call',
          name: 'reference',
          args: ['/a/b', '2019-05-01', 'full'].map((value) => ({ kind: 'literal', value })),
        },
      },
    })
  })

  it('knows optional members, doubled quotes, numbers and the three constants', () => {
    expect(parseExpression("triggerBody()?['it''s']")).toMatchObject({ isOptional: true, key: { value: "it's" } })
    const values = parseExpression('f(-1.5, true, false, null)')
    expect(values).toMatchObject({ args: [{ value: -1.5 }, { value: true }, { value: false }, { value: null }] })
  })

  it.each(['', 'f(', 'f(1', "f('a", 'f() g()', 'f()?', 'f(,)', 'a', '#', "f()['a'"])(
    'is refused if it is %j',
    (source) => {
      expect(() => parseExpression(source)).toThrow(ExpressionError)
    },
  )
})

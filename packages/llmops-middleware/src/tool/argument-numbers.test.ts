import { fc } from 'test-support/generated'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { RepairFailedError, type Schema } from '../repair/index.ts'
import { createToolFactory } from './index.ts'

const tool = createToolFactory()

/** Returns the arguments that a tool ran with; a RepairFailedError if it did not run. */
async function given(parameters: Schema, args: unknown): Promise<unknown> {
  let ran: unknown
  const act = tool({
    name: 'act',
    description: 'Acts',
    parameters,
    run: (args: unknown) => {
      ran = args
      return 'done'
    },
  })
  try {
    await act.call(args)
  } catch (error) {
    if (!(error instanceof RepairFailedError)) throw error
    expect(ran).toBeUndefined()
    return error
  }
  return ran
}

const takes = (field: object) => ({ type: 'object', properties: { a: field } })
const TEXT = takes({ type: 'string' })
const ID = '2512292042121000001'

describe('a number where the schema has a string', () => {
  it.each(['3.10', '1.0', '2.50', '-0.0', '1e3', '1E+400', ID, `-${ID}`, `${ID}.0`, '0.12345678901234567890'])(
    'keeps its digits: %s',
    async (digits) => {
      expect(await given(TEXT, `{"a":${digits}}`)).toEqual({ a: digits })
      expect(await given(TEXT, `{'a':${digits},}`)).toEqual({ a: digits })
      expect(await given(z.object({ a: z.string() }), `{"a":${digits}}`)).toEqual({ a: digits })
      expect(await given(takes({ type: 'array', items: { type: 'string' } }), `{"a":[${digits}]}`)).toEqual({
        a: [digits],
      })
      expect(await given(takes(TEXT), JSON.stringify({ a: `{"a":${digits}}` }))).toEqual({ a: { a: digits } })
      expect(await given(takes({ enum: [digits, 'other'] }), `{"a":${digits}}`)).toEqual({ a: digits })
    },
  )

  it('has the digits of any number', async () => {
    const digits = fc
      .tuple(
        fc.constantFrom('', '-'),
        fc.bigInt({ min: 0n, max: 10n ** 30n }),
        fc.option(fc.bigInt({ min: 0n, max: 10n ** 20n })),
      )
      .map(([sign, whole, rest]) => `${sign}${whole}${rest === null ? '' : `.${rest}`}`)
    await fc.assert(
      fc.asyncProperty(digits, async (digits) => {
        expect(await given(TEXT, `{"a":${digits}}`)).toEqual({ a: digits })
      }),
    )
  })
})

describe('a number where the schema has a number', () => {
  it.each([
    ['an integer', takes({ type: 'integer' }), `{"a":${ID}}`],
    ['a number', takes({ type: 'number' }), `{"a":${ID}}`],
    ['a negative one', takes({ type: 'number' }), `{"a":-${ID}}`],
    ['one with a point', takes({ type: 'number' }), `{"a":${ID}.0}`],
    ['one in quotes', takes({ type: 'integer' }), `{"a":"${ID}"}`],
    ['one in text to repair', takes({ type: 'integer' }), `{'a':${ID},}`],
    ['one of zod', z.object({ a: z.number() }), `{"a":${ID}}`],
    ['the first that a number cannot hold', takes({ type: 'integer' }), '{"a":9007199254740993}'],
    ['one in an object that was parsed elsewhere', takes({ type: 'integer' }), JSON.parse(`{"a":${ID}}`)],
    ['one in an object that was parsed elsewhere, where a text is wanted', TEXT, JSON.parse(`{"a":${ID}}`)],
  ])('is refused with its path when it is beyond 2^53: %s', async (_, parameters, args) => {
    const error = (await given(parameters, args)) as RepairFailedError
    expect(error).toBeInstanceOf(RepairFailedError)
    expect(error.issues[0]).toMatchObject({ path: '/a', message: expect.stringMatching(/2\^53/) })
  })

  it('is refused with its path inside a text that holds an object', async () => {
    const error = (await given(
      takes(takes({ type: 'integer' })),
      JSON.stringify({ a: `{"a":${ID}}` }),
    )) as RepairFailedError
    expect(error.issues[0]).toMatchObject({ path: '/a/a', message: expect.stringMatching(/2\^53/) })
  })

  it.each([
    '123456789012345678.55',
    '-123456789012345678.55',
    '12345678.12345678901',
    '0.12345678901234567890',
    '9007199254740993e0',
    '90071992547409.93E+2',
    '1e-400',
    '1.5e-324',
  ])('is refused with its path when a fraction or an exponent would lose digits: %s', async (digits) => {
    for (const args of [`{"a":${digits}}`, `{"a":"${digits}"}`, `{'a':${digits},}`]) {
      const error = (await given(takes({ type: 'number' }), args)) as RepairFailedError
      expect(error).toBeInstanceOf(RepairFailedError)
      expect(error.issues[0]).toMatchObject({
        path: '/a',
        message: expect.stringMatching(`${digits.replace('+', '.')}.*digits`),
      })
    }
    expect(await given(TEXT, `{"a":${digits}}`)).toEqual({ a: digits })
  })

  it.each(['1e400', '-1e400', '"1e400"'])('is refused when it is infinite: %s', async (digits) => {
    expect(await given(takes({ type: 'number' }), `{"a":${digits}}`)).toBeInstanceOf(RepairFailedError)
    expect(await given({ type: 'object' }, { a: Number(JSON.parse(digits)) })).toBeInstanceOf(RepairFailedError)
  })

  it.each([
    '9007199254740991',
    '-9007199254740991',
    '6.02214076e23',
    '1e18',
    '1e23',
    '1e3',
    '1.0',
    '3.10',
    '0.1',
    '-0.0',
    '0e-400',
    '-0.000100e+2',
    '5e-324',
    '1.7976931348623157e308',
    '0.30000000000000004',
    '123456789012.345',
    '0.10000000000000001',
  ])('is what it says: %s', async (digits) => {
    expect(await given(takes({ type: 'number' }), `{"a":${digits}}`)).toEqual({ a: Number(digits) })
    expect(await given(takes({ type: 'number' }), `{"a":"${digits}"}`)).toEqual({ a: Number(digits) })
  })

  it('is what it says, for any number that JavaScript writes, with 17 digits too', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ noDefaultInfinity: true, noNaN: true }), async (number) => {
        const forms = [number.toExponential(), number.toExponential(16)]
        for (const form of forms)
          expect(await given(takes({ type: 'number' }), `{"a":${form}}`)).toEqual({ a: Number(form) })
      }),
    )
  })

  it('is exact or refused, for any integer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), async (integer) => {
        const ran = await given(takes({ type: 'integer' }), `{"a":${integer}}`)
        if (!(ran instanceof RepairFailedError)) expect(BigInt((ran as { a: number }).a)).toBe(integer)
        else expect(Number.isSafeInteger(Number(integer))).toBe(false)
      }),
    )
  })
})

describe('a number without a type in the schema', () => {
  it('is a number, or a text of its digits where a number would lose some', async () => {
    expect(await given({ type: 'object' }, `{"a":1.0,"b":${ID}}`)).toEqual({ a: 1, b: ID })
  })
})

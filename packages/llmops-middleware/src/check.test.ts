import { fc } from 'test-support/generated'
import { describe, expect, it } from 'vitest'
import {
  type Checks,
  checkOptions,
  either,
  flag,
  func,
  having,
  implementing,
  listOf,
  mapOf,
  milliseconds,
  number,
  objectOf,
  oneOf,
  required,
  share,
  text,
  usd,
  whole,
} from './check.ts'
import { InvalidOptionError } from './errors.ts'

const CHECKS: Checks = {
  limitUsd: required(either(usd, mapOf(usd), func)),
  period: oneOf('day', 'month'),
  downshift: objectOf({ at: share, to: mapOf(text) }),
  scopes: listOf(objectOf({ scope: required(text), limitUsd: required(usd) }), { max: 2 }),
  ledger: having('a ledger', 'reserve', 'settle'),
  retries: whole(0, 10),
  probability: number(0, 1),
  leaseMs: milliseconds(1000),
  isStrict: flag,
  attempts: number(1),
  format: implementing('a format', { name: required(text) }),
}

const refusalOf = (options: unknown, path?: string) => {
  try {
    checkOptions(options, CHECKS, path)
  } catch (error) {
    return error as InvalidOptionError
  }
  return undefined
}

describe('the checks of an object', () => {
  it.each<[string, unknown]>([
    ['only what is required', { limitUsd: 5 }],
    ['a map where one is accepted', { limitUsd: { contoso: 1 } }],
    ['a function where one is accepted', { limitUsd: () => 1 }],
    ['an option that is undefined', { limitUsd: 5, period: undefined, downshift: undefined }],
    ['each option', { ...example(), downshift: { at: 1, to: {} } }],
  ])('accepts %s', (_, options) => expect(refusalOf(options)).toBeUndefined())

  it.each<[unknown, string]>([
    [{}, '`limitUsd` is missing; it must be an amount of US dollars'],
    [{ limitUsd: -1 }, '`limitUsd` must be an amount of US dollars from 0 to 9,007,199, or an object'],
    [
      { limitUsd: { contoso: -1 } },
      "`limitUsd['contoso']` must be an amount of US dollars from 0 to 9,007,199, got -1.",
    ],
    [{ limitUsd: { contoso: undefined } }, "`limitUsd['contoso']` is missing"],
    [{ limitUsd: 5, perriod: 'day' }, '`perriod` is not an option; accepted is one of limitUsd, period,'],
    [{ limitUsd: 5, perriod: 'day' }, 'Did you mean `period`?'],
    [{ limitUsd: 5, period: 'week' }, "`period` must be one of day, month, got 'week'."],
    [
      { limitUsd: 5, downshift: { at: 80 } },
      '`downshift.at` must be a share above 0, up to 1, got 80. Did you mean 0.8?',
    ],
    [
      { limitUsd: 5, downshift: { ta: 1 } },
      '`downshift.ta` is not an option; accepted is one of at, to. Did you mean `at`?',
    ],
    [{ limitUsd: 5, downshift: 'gpt-4o-mini' }, "`downshift` must be an object of options, got 'gpt-4o-mini'."],
    [{ limitUsd: 5, downshift: { to: { a: 5 } } }, "`downshift.to['a']` must be a text that is not empty, got 5."],
    [{ limitUsd: 5, scopes: [{ scope: 'user' }] }, '`scopes[0].limitUsd` is missing'],
    [{ limitUsd: 5, scopes: [undefined] }, '`scopes[0]` is missing'],
    [
      { limitUsd: 5, scopes: [1, 2, 3] },
      '`scopes` must be a list of at most 2, each an object of options, got an array.',
    ],
    [
      { limitUsd: 5, ledger: { reserve() {} } },
      '`ledger` must be a ledger, got an object. `settle` is no function of it.',
    ],
    [{ limitUsd: 5, format: { name: 5 } }, '`format.name` must be a text that is not empty, got 5.'],
    [{ limitUsd: 5, format: 'chat' }, "`format` must be a format, got 'chat'."],
    [new Map([['limitUsd', 5]]), '`options` must be an object of options, got an object of class Map.'],
    [
      { limitUsd: 5, downshift: Promise.resolve({}) },
      '`downshift` must be an object of options, got a promise. Await the promise first.',
    ],
    [{ limitUsd: 5, attempts: 0 }, '`attempts` must be a number from 1, got 0.'],
    [{ limitUsd: 5, retries: 1.5 }, '`retries` must be a whole number from 0 to 10, got 1.5.'],
    [{ limitUsd: 5, probability: Number.NaN }, '`probability` must be a number from 0 to 1, got NaN.'],
    [{ limitUsd: 5, leaseMs: 2 ** 31 }, '`leaseMs` must be a number of milliseconds from 1,000 to 2,147,483,647'],
    [{ limitUsd: 5, isStrict: null }, '`isStrict` must be true or false, got null.'],
    [null, '`options` must be an object of options, got null.'],
    [[], '`options` must be an object of options, got an empty array.'],
  ])('refuses %o', (options, message) => {
    expect(refusalOf(options)).toBeInstanceOf(InvalidOptionError)
    expect(refusalOf(options)?.message).toContain(message)
  })

  it('names the path where its user wrote the options', () => {
    expect(refusalOf({ limitUsd: 5, downshift: { at: 2 } }, 'budget')?.option).toBe('budget.downshift.at')
    expect(refusalOf(5, 'budget')?.option).toBe('budget')
  })

  it('refuses any option that it does not list, and nothing inherited', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        const isKnown = Object.hasOwn(CHECKS, name)
        expect(refusalOf({ ...example(), [name]: isKnown ? example()[name] : 1 }) === undefined).toBe(isKnown)
      }),
    )
  })
})

function example(): Record<string, unknown> {
  return {
    limitUsd: 5,
    period: 'day',
    downshift: { at: 0.8, to: { 'gpt-5.4': 'gpt-5.4-mini' } },
    scopes: [{ scope: 'user', limitUsd: 1 }],
    ledger: { reserve() {}, settle() {} },
    retries: 0,
    probability: 1,
    leaseMs: 1000,
    isStrict: true,
    attempts: 1e30,
    format: { name: 'chat', more: 1 },
  }
}

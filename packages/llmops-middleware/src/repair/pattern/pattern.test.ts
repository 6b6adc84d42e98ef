import { fc } from 'test-support/generated'
import { sized } from 'test-support/sized'
import { describe, expect, it } from 'vitest'
import { compileSchema } from '../index.ts'
import { compilePattern, PatternError } from './index.ts'

const engineOf = (pattern: string) => compilePattern(pattern).engine
const long = (text: string, times = 50_000) => text.repeat(times)

describe('a pattern that can block the process', () => {
  it.each([
    ['^(a+)+$', `${long('a')}!`],
    ['(a+)+$', `${long('a')}!`],
    ['^(a|a)*$', `${long('a')}!`],
    ['^(a|ab)*$', `${long('ab')}!`],
    ['^(\\w+\\s?)*$', `${long('word ')}!`],
    ['^(a?){40}a{40}$', `${'a'.repeat(39)}!`],
    ['^(.*a){20}$', long('a')],
    ['\\d+$', `${long('1')}!`],
    ['^\\s+|\\s+$', `a${long(' ')}a`],
    ['^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$', `a@${long('.')} `],
    ['^\\S+@\\S+\\.\\S+$', `${long('@.')} `],
    ['^\\w+([.-]?\\w+)*@\\w+([.-]?\\w+)*(\\.\\w{2,3})+$', `${long('a')}!`],
    ['^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}[a-z]{2,3}$', `${long('a')}!`],
    ['^(?=.*[A-Z])(a+)+$', `A${long('a')}!`],
    ['(x+x+)+y', long('x')],
  ])('is run by an engine that cannot: %s', (pattern, text) => {
    expect(engineOf(pattern)).toBe('linear')
    const { validate } = compileSchema({ type: 'object', properties: { a: { type: 'string', pattern } } })
    // It needs far less than a second. The engine of JavaScript would need minutes to billions of years.
    expect(validate({ a: text })).toHaveProperty('ok')
  })

  it.each(['^(.)\\1+$', '\\bfoo\\b.*bar', '^(?:a+(?=b))+$', '(?<=a+)b+c'])(
    'and cannot be run in linear time is refused when the schema is compiled: %s',
    (pattern) => {
      const schema = { type: 'object', properties: { city: { type: 'string', pattern } } }
      expect(() => compileSchema(schema)).toThrow(/\/properties\/city\/pattern/)
    },
  )

  it('is not used for a format either', () => {
    const { validate } = compileSchema({ type: 'object', properties: { a: { type: 'string', format: 'url' } } })
    expect(validate({ a: `http://${long('a')}!` })).toHaveProperty('ok')
    expect(validate({ a: `http://${long('a.')} ` })).toMatchObject({ ok: false, issues: [{ path: '/a' }] })
    expect(validate({ a: 'https://example.com/a?b=c' })).toMatchObject({ ok: true })
    expect(validate({ a: 'example.com' })).toMatchObject({ ok: false })
  })

  it('throws for a text that would take too long, and says so', () => {
    const pattern = `^(${'(a|b)?'.repeat(150)}c)+$`
    const { validate } = compileSchema({ type: 'object', properties: { a: { type: 'string', pattern } } })
    expect(validate({ a: long('abc', 200_000) })).toMatchObject({
      ok: false,
      issues: [{ message: expect.stringMatching(/steps/) }],
    })
    expect(validate({ a: 'abc' })).toMatchObject({ ok: true })
  })
})

describe('a pattern that cannot block', () => {
  it.each([
    '^[a-z0-9]+(-[a-z0-9]+)*$',
    '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$',
    '^(?=.*[A-Z])(?=.*\\d).{8,}$',
    '^(?!.*\\.\\.).+$',
    '^.{1,5000}$',
    '^\\d{4}-\\d{2}-\\d{2}$',
    '^https?://.*',
    '^[A-Za-z][A-Za-z0-9+.-]*://.+$',
    '^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$',
    '^P(?:(\\d+W)|(?!.*W)(?=\\d|T\\d)(\\d+Y)?(\\d+M)?(\\d+D)?(T(?=\\d)(\\d+H)?(\\d+M)?(\\d+([.,]\\d+)?S)?)?)$',
    'foo|bar',
  ])('is run by the engine of JavaScript: %s', (pattern) => {
    expect(engineOf(pattern)).toBe('native')
  })
})

describe('a pattern in another spelling', () => {
  it.each([
    ['^https\\:\\/\\/', 'https://a', 'http'],
    ['^[\\w-.]+$', 'a-b.c', 'a b'],
    ['^a\\-b\\_c$', 'a-b_c', 'a_b_c'],
    ['(?i)^abc$', 'ABC', 'abd'],
    ['\\A[a-z]+\\Z', 'abc', 'abcZ'],
    ['^(?P<year>\\d{4})$', '2026', 'year'],
    ['^{[a-z]+}$', '{abc}', 'abc'],
    ['^\\p{L}+$', 'Ærø', 'a1'],
  ])('means what its author meant: %s', (pattern, fits, other) => {
    const { validate } = compileSchema({ type: 'object', properties: { a: { type: 'string', pattern } } })
    expect(validate({ a: fits })).toMatchObject({ ok: true })
    expect(validate({ a: other })).toMatchObject({ ok: false, issues: [{ path: '/a' }] })
  })

  it.each(['^\\h+$', '\\Qa.b\\E', '\\x{41}', '(a', 'a++', '\\G\\d'])(
    'that means something else in JavaScript is refused: %s',
    (pattern) => {
      const schema = { type: 'object', patternProperties: { [pattern]: { type: 'string' } } }
      expect(() => compileSchema(schema)).toThrow(/\/patternProperties/)
    },
  )
})

const { pattern: patterns } = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '\\d', '\\s', '^', '$', '', 'é', '😀', '\\p{Lu}'),
    fc.array(tie('pattern'), { maxLength: 4 }).map((parts) => parts.join('')),
    fc.tuple(tie('pattern'), tie('pattern')).map(([one, other]) => `(?:${one}|${other})`),
    fc
      .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{0,2}', '{1,}', '*?', '{2,3}?'))
      .map(([part, times]) => `(?:${part})${times}`),
  ),
}))
const texts = fc.string({ unit: fc.constantFrom('a', 'b', '1', ' ', 'é', '😀', 'A', '\n', '_'), maxLength: 10 })

describe('the linear engine, on generated patterns', () => {
  it('finds the same as the engine of JavaScript', () => {
    let compared = 0
    fc.assert(
      fc.property(patterns, texts, (pattern, text) => {
        const compiled = tryCompile(pattern)
        if (compiled?.engine !== 'linear') return
        compared++
        expect(compiled.test(text)).toBe(new RegExp(pattern, 'u').test(text))
      }),
      { numRuns: sized({ test: 3000, soak: 200_000 }) },
    )
    expect(compared).toBeGreaterThan(100)
  })
})

function tryCompile(pattern: string) {
  try {
    return compilePattern(pattern)
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    return undefined
  }
}

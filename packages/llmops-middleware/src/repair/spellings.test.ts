import { describe, expect, it } from 'vitest'
import { createToolFactory } from '../tool/index.ts'
import type { ToolEffect } from '../tool-effect.ts'
import { RepairFailedError } from './index.ts'

/** Returns what a tool ran on and how it was repaired, or why it did not run. */
async function read(text: string, effect: ToolEffect): Promise<{ args: unknown; repairs: unknown } | string> {
  const act = createToolFactory()({
    name: 'act',
    description: 'Acts',
    effect,
    parameters: { type: 'object' },
    run: (args: unknown, { repairs }) => ({ args, repairs }),
  })
  return act.call(text).catch((error: unknown) => {
    if (!RepairFailedError.isInstance(error)) throw error
    return error.issues[0]!.message
  }) as Promise<{ args: unknown; repairs: unknown } | string>
}

const nested = (depth: number, open: string, close: string) => `{'a':${open.repeat(depth)}1${close.repeat(depth)}}`

describe('arguments in another spelling of JSON', () => {
  it.each([
    ["{'a':1}", { a: 1 }],
    ["{'a':1,}", { a: 1 }],
    ["{'a':[1,]}", { a: [1] }],
    ['{"a":1 "b":2}', { a: 1, b: 2 }],
    ['{"a":1\n"b":2}', { a: 1, b: 2 }],
    ['{"a":"x" "b":1}', { a: 'x', b: 1 }],
    ["{'a':'\\u00e9'}", { a: 'é' }],
    ["{'a':'it\\'s'}", { a: "it's" }],
    ["{‘a’:‘it\\'s’}", { a: "it's" }],
    ['{“a”:“say ‘hi’”}', { a: 'say ‘hi’' }],
    ["{'a':'say \"hi\"'}", { a: 'say "hi"' }],
    ["{'a':'x\ty\nz'}", { a: 'x\ty\nz' }],
    ["{'a':null,'b':true,'c':false}", { a: null, b: true, c: false }],
    ["{'a':None,'b':True,'c':False}", { a: null, b: true, c: false }],
    ["{'a':1e5}", { a: 100_000 }],
    ["{'a':1.50}", { a: 1.5 }],
    ["{'':1}", { '': 1 }],
    ['{"a":1} // done', { a: 1 }],
    ['{"a":1 // the id\n}', { a: 1 }],
    ['{"a":1 /* the value of "a" */}', { a: 1 }],
  ])('have one reading for any tool: %s', async (text, args) => {
    expect(await read(text, 'effect')).toEqual({ args, repairs: ['spelling'] })
    expect(await read(text, 'read')).toEqual({ args, repairs: ['spelling'] })
  })

  it.each([
    ['{"a":1 // arrest\n}', 'arrest'],
    ['{"a":1 /* v1.2 */}', 'v1'],
    ['{"a":1}{"a":1 // perhaps\n}', 'perhaps'],
  ])('have one reading for a tool that reads, and a comment that may be a condition: %s', async (text, word) => {
    expect(await read(text, 'effect')).toMatch(`has a comment that may change what is meant ("${word}")`)
    expect(await read(text, 'read')).toEqual({ args: { a: 1 }, repairs: ['spelling'] })
  })

  it.each([
    ['{"a":1', { a: 1 }],
    ['{"a":1,', { a: 1 }],
    ['{"a":[', { a: [] }],
    ['{"a":[1,', { a: [1] }],
    ['{"a":[1,"x', { a: [1, 'x'] }],
    ['{"a":"x', { a: 'x' }],
    ['{"a":"x\\', { a: 'x' }],
    ['{"a":"x\\u00', { a: 'x' }],
    ['{"a":"x\\u00e9', { a: 'xé' }],
    ['{"a":"c:\\\\', { a: 'c:\\' }],
    ['{"a":"c:\\\\\\', { a: 'c:\\' }],
    ['{"a":"c:\\\\dir", "b":"\\', { a: 'c:\\dir', b: '' }],
    ['{"a":1 // the id', { a: 1 }],
  ])('are completed for a tool that reads, and are cut for one with an effect: %s', async (text, args) => {
    expect(await read(text, 'effect')).toMatch(/^is cut off/)
    expect(await read(text, 'read')).toEqual({ args, repairs: ['completion'] })
  })

  it.each([
    ['{a :1}', { a: 1 }],
    ['{"a":1, b$-2: 2}', { a: 1, 'b$-2': 2 }],
  ])('may lack the quotes of keys for a tool that reads: %s', async (text, args) => {
    expect(await read(text, 'effect')).toMatch(/^is not JSON, at character/)
    expect(await read(text, 'read')).toEqual({ args, repairs: ['completion'] })
  })

  it.each([
    ['a key that was cut', '{"a":1,"no', /^is cut off/],
    ['a key that was cut in single quotes', "{'a':1,'no", /^is cut off/],
    ['a key without a value at the end', '{"a":1,"no":', /^is cut off/],
    ['a key alone', "{'a'}", /^is not JSON, at character 5 of 5/],
    ['no colon', "{'a' 1}", /^is not JSON, at character 6 of 7/],
    ['no value', "{'a':}", /^is not JSON, at character 6 of 6/],
    ['two texts that may be one', '{"a":"x""b":1}', /^is not JSON, at character 9 of 14/],
    ['a quote in a text', "{'a':'x'y'}", /^is not JSON, at character 9 of 11/],
    ['no comma in a list', "{'a':[1 2]}", /^is not JSON, at character 9 of 11/],
    ['two commas in a list', "{'a':[1,,2]}", /^is not JSON, at character 9 of 12/],
    ['two commas', "{'a':1,,}", /^is not JSON, at character 8 of 9/],
    ['a comma first', "{,'a':1}", /^is not JSON, at character 2 of 8/],
    ['an escape that is too short', "{'a':'\\u00e'}", /^has an escape that JSON does not have/],
    ['an escape of no digits', "{'a':'\\u00zz'}", /^has an escape that JSON does not have/],
    ['an escape of other quotes', '{"a":"it\\\'s"}', /^has an escape that JSON does not have/],
    ['an escape of other curly quotes', "{“a”:“it\\'s”}", /^has an escape that JSON does not have/],
    ['a word of another language', "{'a':nil}", /^is not JSON, at character 6 of 9/],
    ['a word in capitals', "{'a':NULL}", /^is not JSON/],
    ['no number', "{'a':NaN}", /^is not JSON/],
    ['a number of another base', "{'a':0x1}", /^is not JSON/],
    ['a number with a zero first', "{'a':01}", /^is not JSON/],
    ['a number with a plus', "{'a':+1}", /^is not JSON/],
    ['half a number', "{'a':.5}", /^is not JSON/],
    ['the other half', "{'a':1.}", /^is not JSON/],
    ['a comment that is left out for dots', '{"a":1 /* ... */}', /something was left out/],
    ['a comment that is left out for the rest', '{"a":1 /* the rest */}', /something was left out/],
    ['a comment that has no end', '{"a":1 /* open', /^is not JSON/],
    ['lists in lists', nested(70, '[', ']'), /^is nested deeper than 64, at character 70/],
    ['objects in objects', nested(70, "{'b':", '}'), /^is nested deeper than 64, at character 326/],
    ['one list too many', nested(64, '[', ']'), /nested deeper than 64/],
  ])('are refused for any tool: %s', async (_, text, message) => {
    expect(await read(text, 'effect')).toMatch(message)
    expect(await read(text, 'read')).toMatch(message)
  })

  it('may have megabytes of space or prose around them, in linear time', async () => {
    const space = ' '.repeat(1_900_000)
    const word = 'a'.repeat(1_900_000)
    expect(await read(`\`\`\`{'a':1${space}x`, 'read')).toMatch(/^is not JSON/)
    const prose = 'Sure. '.repeat(300_000)
    for (const text of [`${space}{'a':1}`, `{'a':1}${space}`, `${prose}{'a':1}`, `{'a':1}${prose}`]) {
      expect(await read(text, 'effect')).toEqual({ args: { a: 1 }, repairs: ['spelling'] })
    }
    for (const text of [`${word}{'a':1}`, `{'a':1}${word}`]) {
      expect(await read(text, 'effect')).toMatch(/prose around its value that may change/)
      expect(await read(text, 'read')).toEqual({ args: { a: 1 }, repairs: ['spelling'] })
    }
  })

  it('may be nested up to the limit for JSON', async () => {
    for (const text of [nested(63, '[', ']'), nested(63, "{'b':", '}')]) {
      expect(await read(text, 'effect')).toEqual({ args: JSON.parse(text.replaceAll("'", '"')), repairs: ['spelling'] })
    }
  })
})

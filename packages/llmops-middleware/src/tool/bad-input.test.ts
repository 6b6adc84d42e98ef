import { describe, expect, it } from 'vitest'
import { clockByHand } from '../../test/support/clock-by-hand.ts'
import type { AskModel, RepairRequest } from '../repair/index.ts'
import { createToolFactory, type ToolEffect } from './index.ts'

const EFFECTS: readonly ToolEffect[] = ['effect', 'idempotent', 'read']
const parameters = {
  type: 'object',
  additionalProperties: false,
  required: ['city'],
  properties: { city: { type: 'string' } },
}
const described = { name: 'act', description: 'Acts', parameters }
const settled = () => new Promise((resolve) => setImmediate(resolve))
const thrownBy = (promise: Promise<unknown>): Promise<Record<string, unknown>> =>
  promise.then(
    () => expect.unreachable('it ran'),
    (error) => error,
  )

const MANY = 100_000
const UNREADABLE: readonly (readonly [string, unknown])[] = [
  ['a hundred thousand brackets', '['.repeat(MANY)],
  ['a hundred thousand of both kinds', `${'['.repeat(MANY)}${']'.repeat(MANY)}`],
  ['a hundred thousand braces in a field', `{"city":${'{"a":'.repeat(MANY)}1${'}'.repeat(MANY)}}`],
  ['a million small objects', '{}'.repeat(1_000_000)],
  ['a million small values', `{"city":[${'1,'.repeat(999_999)}1]}`],
  ['ten megabytes of brackets', '['.repeat(10_000_000)],
  ['ten megabytes of garbage', 'x{]"'.repeat(2_500_000)],
  ['ten megabytes of quotes', '"'.repeat(10_000_000)],
  ['ten megabytes in a field', { city: 'x'.repeat(10_000_000) }],
  ['two megabytes of backslashes in a field', `{"city":"${'\\'.repeat(2_000_002)}`],
  ['two megabytes of fences', '```'.repeat(660_000)],
  ['two megabytes of spaces and a bracket', `{${' '.repeat(1_900_000)}`],
  ['a list that contains itself', circular()],
]

function circular(): unknown {
  const list: unknown[] = []
  list.push(list)
  return { city: list }
}

describe('arguments that are too large', () => {
  it.each(UNREADABLE)(
    'end in one short error, run nothing and ask a model at most as often as the limit: %s',
    async (_, args) => {
      let ran = 0
      let characters = 0
      const askModel: AskModel = async ({ messages }: RepairRequest) => {
        characters += messages[0].content.length + messages[1].content.length
        return `no arguments ${characters}`
      }
      for (const effect of EFFECTS) {
        characters = 0
        const act = createToolFactory()({ ...described, effect, repair: { askModel }, run: () => ran++ })
        const { code, message, issues } = await thrownBy(act.call(args))
        expect(code).toBe('repair_failed')
        expect((message as string).length).toBeLessThan(1000)
        expect(issues).toEqual([{ path: expect.stringMatching(/^.{0,200}$/), message: expect.any(String) }])
        expect(characters).toBeLessThanOrEqual(100_000)
      }
      expect(ran).toBe(0)
    },
  )

  it('are not refused because the schema has a megabyte', async () => {
    const names = Array.from({ length: 5_000 }, (_, index) => `field_${index}`)
    const field = { type: 'string', description: 'x'.repeat(180) }
    const properties = Object.fromEntries(names.map((name) => [name, field]))
    const large = { ...parameters, required: [], properties }
    expect(JSON.stringify(large).length).toBeGreaterThan(1_000_000)
    const act = createToolFactory()({ ...described, parameters: large, run: (args: unknown) => args })
    expect(await act.call({ field_4999: 'x' })).toEqual({ field_4999: 'x' })
    const { issues } = await thrownBy(act.call({ field_4999: {} }))
    expect(issues).toEqual([{ path: '/field_4999', message: 'must be string' }])
    // Only the wrong field is sent, because a request with the whole schema would be too long.
    const sent: number[] = []
    const askModel: AskModel = async ({ messages }) => {
      sent.push(messages[1].content.length)
      return '{"field_4999":"y"}'
    }
    expect(await act.call({ field_4999: {} }, { askModel })).toEqual({ field_4999: 'y' })
    expect(await thrownBy(act.call('no arguments', { askModel }))).toMatchObject({ code: 'repair_failed' })
    expect(sent).toEqual([expect.any(Number)])
    expect(sent[0]).toBeLessThan(1000)
  })
})

/** Creates a tool with a manual clock, and returns its outcome once 10 ms have passed. */
async function lateCall(effect: ToolEffect, run: () => unknown): Promise<Record<string, unknown>> {
  const clock = clockByHand()
  const act = createToolFactory({ timing: clock.timing })({ ...described, effect, timeoutMs: 10, run })
  const ended = thrownBy(act.call({ city: 'Oslo' }))
  await settled()
  clock.turnTo(10)
  await settled()
  clock.turnTo(20)
  return ended
}

describe('a function', () => {
  const never = () => new Promise(() => {})
  const thenable = () => ({
    then() {},
  })

  it.each([
    ['a promise', never],
    ['what is like one', thenable],
  ])('that never ends, by %s, ends with its time: it is unavailable, or its outcome unknown', async (_, run) => {
    expect(await lateCall('read', run)).toMatchObject({ code: 'no_tool_available' })
    expect(await lateCall('effect', run)).toMatchObject({ code: 'unknown_outcome' })
    expect(await lateCall('idempotent', run)).toMatchObject({ code: 'unknown_outcome' })
  })

  it('that returns itself, or a circular value, has a result that a model can read', async () => {
    const itself = (): unknown => itself
    const holder: Record<string, unknown> = { name: 'holder' }
    holder['self'] = holder
    for (const effect of EFFECTS) {
      const call = (run: () => unknown) => createToolFactory()({ ...described, effect, run }).call({ city: 'Oslo' })
      expect(JSON.stringify({ result: await call(itself) })).toBe('{}')
      expect(await call(() => holder)).toEqual({ name: 'holder', self: '[circular]' })
    }
  })

  it.each([['a text'], [undefined], [null], [0], [{ reason: 'none' }]])(
    'that throws %j, at once or later, ends the call with that',
    async (thrown) => {
      const atOnce = () => {
        throw thrown
      }
      for (const effect of EFFECTS) {
        for (const run of [atOnce, () => Promise.reject(thrown)]) {
          const act = createToolFactory()({ ...described, effect, run })
          expect(await thrownBy(act.call({ city: 'Oslo' }))).toBe(thrown)
        }
      }
    },
  )
})

describe('a model that is asked to repair arguments', () => {
  it.each<readonly [string, () => unknown, RegExp]>([
    ['hangs', () => new Promise(() => {}), /did not answer within 10 ms.*\/city is missing/],
    ['throws', () => Promise.reject(new TypeError('no line')), /could not be asked: no line.*\/city is missing/],
    ['throws a text', () => Promise.reject('no line'), /could not be asked: no line.*\/city is missing/],
    ['answers prose', async () => `It is Oslo. ${Math.random()}`, /after 2 repairs.*\/city is missing/],
    ['answers nothing', async () => undefined, /answered undefined, not a text.*\/city is missing/],
    [
      'answers ten megabytes',
      async () => `${'['.repeat(10_000_000)}${Math.random()}`,
      /after 2 repairs.*\/city is missing/,
    ],
  ])('and %s ends the call in one error with the path, and nothing runs', async (_, ask, message) => {
    for (const effect of EFFECTS) {
      let ran = 0
      const clock = clockByHand()
      const repair = { askModel: ask as AskModel, timeoutMs: 10 }
      const act = createToolFactory({ timing: clock.timing })({ ...described, effect, repair, run: () => ran++ })
      const ended = thrownBy(act.call({}))
      await settled()
      clock.turnTo(10)
      const error = await ended
      expect(error).toMatchObject({ code: 'repair_failed', issues: [{ path: '/city' }] })
      expect(error['message']).toMatch(message)
      expect(ran).toBe(0)
    }
  })
})

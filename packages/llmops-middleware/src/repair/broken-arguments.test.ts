import { isDeepStrictEqual } from 'node:util'
import { sized } from 'test-support/sized'
import { describe, expect, it } from 'vitest'
import { type Broken, brokenArguments, KINDS, TOOL } from '../../test/support/broken-arguments.ts'
import { createToolFactory } from '../tool/index.ts'
import type { ToolEffect } from '../tool-effect.ts'
import { RepairFailedError } from './index.ts'

const PAIRS = sized({ test: 2_000, soak: 100_000 })
const SEED = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000)

const tool = createToolFactory()

/** Returns whether a tool with this schema ran, and whether on what was meant. */
async function outcomeOf({ schema, text, meant }: Broken, effect: ToolEffect): Promise<'right' | 'refused' | 'wrong'> {
  let outcome: 'right' | 'refused' | 'wrong' = 'refused'
  const act = tool({
    name: TOOL,
    description: 'Acts',
    parameters: schema,
    effect,
    run: (args) => {
      outcome = isDeepStrictEqual(args, meant) ? 'right' : 'wrong'
    },
  })
  await act.call(text).catch((error: unknown) => {
    if (!RepairFailedError.isInstance(error)) throw error
  })
  return outcome
}

/** For each kind, how often the tool ran on what was meant, on something else, and not at all. */
async function tally(effect: ToolEffect) {
  const counts = new Map(KINDS.map(({ name }) => [name, { right: 0, refused: 0, wrong: 0 }]))
  const wrong: string[] = []
  for (const broken of brokenArguments(PAIRS, SEED)) {
    const outcome = await outcomeOf(broken, effect)
    counts.get(broken.kind)![outcome]++
    if (outcome === 'wrong' && !(effect === 'read' && broken.reading === 'cut')) {
      wrong.push(`${broken.kind}: ${broken.text} for ${JSON.stringify(broken.meant)}`)
    }
  }
  const of = (...readings: string[]) =>
    KINDS.filter(({ reading }) => readings.includes(reading)).map(({ name }) => ({ name, ...counts.get(name)! }))
  return { wrong, of }
}

describe(`${PAIRS} generated arguments with an error each (TEST_SEED=${SEED})`, () => {
  it('have errors of many kinds', () => {
    expect(KINDS.length).toBeGreaterThanOrEqual(40)
    expect(new Set(KINDS.map(({ name }) => name)).size).toBe(KINDS.length)
  })

  it.each(['effect', 'idempotent', 'read'] as const)(
    'never run a tool on another value than was meant: %s',
    async (effect) => {
      const { wrong, of } = await tally(effect)
      expect(wrong).toEqual([])
      expect(of('one').filter(({ refused }) => refused > 0)).toEqual([])
      expect(of('ambiguous').filter(({ right }) => right > 0)).toEqual([])
      if (effect !== 'read') expect(of('cut', 'extra').filter(({ right }) => right > 0)).toEqual([])
      else expect(of('extra').filter(({ refused }) => refused > 0)).toEqual([])
    },
  )
})

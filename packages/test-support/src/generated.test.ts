import { describe, expect, it } from 'vitest'
import { fc } from './generated.ts'

/** The message of a property that fails, and the numbers that it was tried with. */
function failing(seed?: number) {
  const tried: number[] = []
  const property = fc.property(fc.integer(), (number) => {
    tried.push(number)
    return tried.length < 5
  })
  try {
    fc.assert(property, { endOnFailure: true, ...(seed === undefined ? {} : { seed }) })
  } catch (error) {
    return { message: (error as Error).message, tried }
  }
  throw new Error('The property held.')
}

describe('a property that fails', () => {
  it('says the command that repeats it', () => {
    expect(failing().message).toMatch(
      /TEST_SEED=-?\d+ in the environment: npx --yes pnpm@12 test\S* \S*generated\.test\.ts$/,
    )
  })

  it('is tried with the same inputs by the seed of that command, and with others by another', () => {
    const { message, tried } = failing()
    const seed = Number(/TEST_SEED=(-?\d+)/.exec(message)?.[1])
    expect(failing(seed).tried).toEqual(tried)
    expect(failing(seed + 1).tried).not.toEqual(tried)
  })

  it('fails as before where the property waits', async () => {
    const property = fc.asyncProperty(fc.integer(), async () => false)
    await expect(fc.assert(property)).rejects.toThrow('TEST_SEED=')
  })
})

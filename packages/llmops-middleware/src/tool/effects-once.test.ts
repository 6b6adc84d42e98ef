import { expect, it } from 'vitest'
import { EffectsOnce } from './effects-once.ts'

const { signal } = new AbortController()

it('remembers as many calls as it may, those that still run beside them', async () => {
  const effects = new EffectsOnce(3)
  const started: number[] = []
  const act = (key: number, ends: Promise<unknown> = Promise.resolve()) =>
    effects.run(
      { key: String(key), idempotencyKey: String(key), tool: 'pay', args: '{}', signal, owner: undefined },
      async (watch) => {
        started.push(key)
        watch(ends)
        await ends
        return { value: { value: key, json: String(key) }, status: 'ok', answeredBy: 'pay' }
      },
    )
  const { promise, resolve } = Promise.withResolvers()
  const running = act(0, promise)
  for (let key = 1; key <= 10; key++) await act(key)
  expect(effects.size).toBe(4)
  for (const key of [8, 9, 10]) await act(key)
  const again = act(0)
  expect(started).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  resolve(undefined)
  await Promise.all([running, again])
  expect(effects.size).toBe(3)
  await act(1)
  expect(started.at(-1)).toBe(1)
})

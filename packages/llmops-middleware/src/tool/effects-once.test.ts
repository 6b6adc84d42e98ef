import { expect, it } from 'vitest'
import { EffectsOnce } from './effects-once.ts'

const { signal } = new AbortController()

it('stores the newest calls, at least half of the maximum, and those that still run', async () => {
  const effects = new EffectsOnce(20)
  const started: number[] = []
  const act = (key: number, ends: Promise<unknown> = Promise.resolve()) =>
    effects.run(
      {
        key: String(key),
        idempotencyKey: String(key),
        tool: 'pay',
        args: '{}',
        signal,
        owner: undefined,
        server: undefined,
      },
      async (watch) => {
        started.push(key)
        watch.started()
        await ends
        return { value: { value: key, json: String(key) }, status: 'ok', answeredBy: 'pay' }
      },
    )
  const { promise, resolve } = Promise.withResolvers()
  const running = act(0, promise)
  for (let key = 1; key <= 1000; key++) await act(key)
  expect(started).toHaveLength(1001)
  for (let key = 991; key <= 1000; key++) expect(await act(key)).toMatchObject({ value: { value: key } })
  const again = act(0)
  resolve(undefined)
  expect(await again).toEqual(await running)
  expect(started).toHaveLength(1001)
  await act(1)
  expect(started.slice(1001)).toEqual([1])
})

import { expect, it } from 'vitest'
import type { Clock } from './clock.ts'
import { ManualClock } from './manual-clock.ts'
import { onTheInterval } from './on-the-interval.ts'

const MINUTE_MS = 60_000

it('yields whole minutes, wherever in a minute it starts', async () => {
  const clock = new ManualClock(10.4 * MINUTE_MS)
  const minutes = collect(clock)
  await clock.advance(3 * MINUTE_MS)
  expect(minutes).toEqual([11 * MINUTE_MS, 12 * MINUTE_MS, 13 * MINUTE_MS])
})

it('yields no minute twice when the timer fires early', async () => {
  const clock = new ManualClock(10 * MINUTE_MS)
  const early = {
    now: () => clock.now(),
    sleep: (ms: number, signal?: AbortSignal) => clock.sleep(Math.max(1, ms - 100), signal),
  }
  const minutes = collect(early)
  await clock.advance(2 * MINUTE_MS)
  expect(minutes).toEqual([11 * MINUTE_MS, 12 * MINUTE_MS])
})

function collect(clock: Pick<Clock, 'now' | 'sleep'>): number[] {
  const minutes: number[] = []
  void (async () => {
    for await (const at of onTheInterval(clock, MINUTE_MS, new AbortController().signal)) minutes.push(at)
  })()
  return minutes
}

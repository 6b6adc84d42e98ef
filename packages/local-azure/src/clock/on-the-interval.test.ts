import { expect, test } from 'vitest'
import type { Clock } from './clock.ts'
import { ManualClock } from './manual-clock.ts'
import { onTheInterval } from './on-the-interval.ts'

const minute = 60_000

test('yields whole minutes, wherever in a minute it starts', async () => {
  const clock = new ManualClock(10.4 * minute)
  const minutes = collect(clock)
  await clock.advance(3 * minute)
  expect(minutes).toEqual([11 * minute, 12 * minute, 13 * minute])
})

test('yields no minute twice when the timer fires early', async () => {
  const clock = new ManualClock(10 * minute)
  const early: Clock = { now: () => clock.now(), sleep: (ms, signal) => clock.sleep(Math.max(1, ms - 100), signal) }
  const minutes = collect(early)
  await clock.advance(2 * minute)
  expect(minutes).toEqual([11 * minute, 12 * minute])
})

function collect(clock: Clock): number[] {
  const minutes: number[] = []
  void (async () => {
    for await (const at of onTheInterval(clock, minute, new AbortController().signal)) minutes.push(at)
  })()
  return minutes
}

import { setTimeout as delay } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { Clock } from './clock.ts'
import { startScaledClock } from './scaled-clock.ts'

const SPEED = 1_000

it('runs faster than the wall clock, and wakes sleepers at their time', async () => {
  const clock = started()
  const from = clock.now()
  await clock.sleep(10_000)
  expect(clock.now()).toBe(from + 10_000)
})

it('stops while work pauses it, and runs on afterwards', async () => {
  const clock = started()
  await clock.pauseDuring(async () => {
    const from = clock.now()
    await delay(50)
    expect(clock.now()).toBe(from)
  })
  const from = clock.now()
  await movesOnFrom(clock, from)
})

it('runs on after work that fails', async () => {
  const clock = started()
  await expect(clock.pauseDuring(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  const from = clock.now()
  await movesOnFrom(clock, from)
})

it('does not jump when the process got no processor for a second', async () => {
  const clock = started()
  const from = clock.now()
  const until = performance.now() + 1_000
  while (performance.now() < until);
  await movesOnFrom(clock, from)
  expect(clock.now() - from).toBeLessThan(500 * SPEED)
})

function movesOnFrom(clock: Clock, from: number) {
  return vi.waitUntil(() => clock.now() > from, { interval: 1, timeout: 20_000 })
}

function started() {
  const { clock, stop } = startScaledClock(SPEED)
  onTestFinished(stop)
  return clock
}

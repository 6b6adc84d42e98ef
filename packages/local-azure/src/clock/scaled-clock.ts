import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from './clock.ts'
import { ManualClock } from './manual-clock.ts'

const TICK_MS = 5
/** A tick that comes later than this counts as this long: the machine was busy, and rule time waits for it. */
const LONGEST_TICK_MS = 20

/**
 * Starts a clock that runs at most `speed` times as fast as the wall clock: at 60, a minute of rule time lasts one second,
 * and longer while work pauses the clock or this process gets no processor.
 */
export function startScaledClock(speed: number): { readonly clock: Clock; stop(): void } {
  const clock = new ManualClock(Date.now())
  const stopping = new AbortController()
  void run(clock, speed, stopping.signal)
  return { clock, stop: () => stopping.abort() }
}

async function run(clock: ManualClock, speed: number, signal: AbortSignal): Promise<void> {
  let lastTickAt = performance.now()
  while (!signal.aborted) {
    await delay(TICK_MS, undefined, { ref: false })
    const tickAt = performance.now()
    await clock.advance(Math.min(tickAt - lastTickAt, LONGEST_TICK_MS) * speed)
    lastTickAt = tickAt
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from './clock.ts'

/** A clock that runs `speed` times as fast as the wall clock: at 60, a minute of rule time lasts one second. */
export function scaledClock(speed: number): Clock {
  const startedAt = Date.now()
  const startedAtMonotonic = performance.now()
  return {
    now: () => startedAt + (performance.now() - startedAtMonotonic) * speed,
    // Node warns about a negative delay.
    sleep: (milliseconds, signal) => delay(Math.max(0, milliseconds) / speed, undefined, { signal }),
  }
}

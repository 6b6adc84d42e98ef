import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from './clock.ts'

/** A clock that runs `speed` times as fast as the wall's: at 60 a minute of a rule lasts one second. */
export function scaledClock(speed: number): Clock {
  const startedAt = Date.now()
  const startedAtMonotonic = performance.now()
  return {
    now: () => startedAt + (performance.now() - startedAtMonotonic) * speed,
    // A moment that has just passed is now; Node warns of a negative delay.
    sleep: (milliseconds, signal) => delay(Math.max(0, milliseconds) / speed, undefined, { signal }),
  }
}

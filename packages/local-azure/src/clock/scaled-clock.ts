import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from './clock.ts'

/** A clock that runs `speed` times as fast as the wall's: at 60 a minute of a rule lasts one second. */
export function scaledClock(speed: number): Clock {
  const startedAt = Date.now()
  const startedAtMonotonic = performance.now()
  return {
    now: () => startedAt + (performance.now() - startedAtMonotonic) * speed,
    sleep: (milliseconds, signal) => delay(milliseconds / speed, undefined, { signal }),
  }
}

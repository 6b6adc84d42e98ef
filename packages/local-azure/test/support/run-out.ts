import { setTimeout as delay } from 'node:timers/promises'
import type { ManualClock } from '../../src/clock/manual-clock.ts'

/** Lets rule time pass only while something sleeps, so that what waits for a socket costs none of it. */
export async function runOut(clock: ManualClock, isDone: () => boolean): Promise<void> {
  while (!isDone()) {
    await delay(1)
    if (clock.untilNextWakeMs !== undefined) await clock.advance(clock.untilNextWakeMs)
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import { type ChecksOf, having, required } from '../../check.ts'
import { SCRIPT, type Script } from './script.ts'

/** The options of `testModel`. */
export type TestModelOptions = {
  /** What the model says. */
  readonly script: Script
  /** What tells the time and waits. @default the real one */
  readonly clock?: TestClock | undefined
}

/** The time of a test model: its clock and how it waits. */
export interface TestClock {
  /** Epoch milliseconds. */
  now(): number
  /**
   * Rejects when `signal` aborts.
   *
   * @param ms how long, in milliseconds
   * @param signal ends the waiting early
   */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export const TEST_MODEL_OPTIONS: ChecksOf<TestModelOptions> = {
  script: required(SCRIPT),
  clock: having<TestClock>('a clock', 'now', 'sleep'),
}

export const REAL_CLOCK: TestClock = {
  now: () => Date.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }),
}

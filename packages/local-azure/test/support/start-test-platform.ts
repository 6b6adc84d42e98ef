import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { ManualClock } from '../../src/clock/manual-clock.ts'
import { type Platform, startPlatform } from '../../src/platform.ts'
import type { PlatformOptions } from '../../src/platform-options.ts'
import { story } from './story.ts'

export const SNAPSHOT_FILE = join(import.meta.dirname, '../../../../infra/main.snapshot.json')

const STEP_MS = 1_000
const LONGEST_STORY_MS = 30 * 60_000

export type TestPlatform = Platform & {
  clock: ManualClock
  /** Lets rule time pass, second by second, until something holds; fails after half an hour of it. */
  until(holds: () => boolean): Promise<void>
  /** Sends so many requests to production, which fail if it is broken. */
  use(requests: number): Promise<void>
  release(slot: 'production' | 'staging'): Promise<string>
}

/** What a test does at its end; one that runs beside others has its own. */
export type AtEnd = (end: () => void | Promise<void>) => unknown

/** The platform as committed, with the test application in its slots and a clock that the test moves. */
export async function startTestPlatform(
  options: Partial<PlatformOptions> = {},
  atEnd: AtEnd = onTestFinished,
): Promise<TestPlatform> {
  const clock = new ManualClock()
  const platform = await startPlatform({
    snapshot: SNAPSHOT_FILE,
    entry: fileURLToPath(import.meta.resolve('test-support/test-app')),
    environment: { production: { RELEASE: 'v1' }, staging: { RELEASE: 'v2' } },
    clock,
    ...options,
  })
  atEnd(() => platform.close())
  const { promote } = platform
  return Object.assign(platform, {
    clock,
    /** Lets rule time pass where the swap takes some. */
    promote: async () => {
      let isOver = false
      const promoted = promote().finally(() => {
        isOver = true
      })
      while (options.swapMs !== undefined && !isOver) {
        await clock.advance(STEP_MS)
        await delay(1)
      }
      await promoted
    },
    until: async (holds: () => boolean) => {
      for (let passedMs = 0; !holds(); passedMs += STEP_MS) {
        if (passedMs > LONGEST_STORY_MS)
          throw new Error(`It never came: ${holds.toString()}\n${story(platform.events)}`)
        await clock.advance(STEP_MS)
        // What the test itself asked for goes on by the wall.
        await delay(1)
      }
    },
    use: async (requests: number) => {
      for (let sent = 0; sent < requests; sent++) await (await fetch(platform.productionUrl)).text()
    },
    release: async (slot: 'production' | 'staging') => {
      const url = slot === 'production' ? platform.productionUrl : platform.stagingUrl
      return ((await (await fetch(`${url}/health`)).json()) as { release: string }).release
    },
  })
}

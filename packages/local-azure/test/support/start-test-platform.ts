import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { ManualClock } from '../../src/clock/manual-clock.ts'
import { type Platform, startPlatform } from '../../src/platform.ts'
import type { PlatformOptions } from '../../src/platform-options.ts'

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
  return Object.assign(platform, {
    clock,
    until: async (holds: () => boolean) => {
      for (let passedMs = 0; !holds(); passedMs += STEP_MS) {
        if (passedMs > LONGEST_STORY_MS) throw new Error(`It never came: ${holds.toString()}`)
        await clock.advance(STEP_MS)
        // Processes start on the wall's clock: a workflow must not run out of patience because the machine is busy.
        await delay(isSwapping(platform) ? 20 : 1)
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

function isSwapping({ events }: Platform): boolean {
  const last = events.findLast(({ kind }) => kind.startsWith('swap '))?.kind
  return last !== undefined && last !== 'swap done' && last !== 'swap failed'
}

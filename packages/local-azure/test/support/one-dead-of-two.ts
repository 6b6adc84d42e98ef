import { vi } from 'vitest'
import type { PlatformOptions } from '../../src/platform-options.ts'
import { post, settled } from './alerts.ts'
import type { TestPlatform } from './start-test-platform.ts'

/** So many pings that the health check does not notice it within the story. */
const SETTINGS = { WEBSITE_HEALTHCHECK_MAXPINGFAILURES: '10' }

/**
 * A promoted release of two instances, one of them dead, and a healer that is called for server errors and whose every
 * task comes to the dead one. Resolves when its run has ended, or has begun a swap.
 */
export async function askedWithOneDead(
  start: (options: Partial<PlatformOptions>) => Promise<TestPlatform>,
): Promise<TestPlatform> {
  const platform = await start({
    instances: 2,
    environment: { production: { ...SETTINGS, RELEASE: 'v1' }, staging: { ...SETTINGS, RELEASE: 'v2' } },
    // A user between any two tasks that the healer asks for.
    onEvent: (event) => {
      const isAsked = event.kind === 'run action ended' && /^Ask_production_(before|again)/.test(event.action)
      if (isAsked) void fetch(platform.productionUrl)
    },
  })
  await platform.promote()
  await settled(platform)
  await platform.kill('production', platform.instances('production')[0])
  // The next one comes to the one that is dead, which the health check has not noticed yet.
  while (!(await fetch(platform.productionUrl)).ok);
  await post(platform, 'Fired', { rule: 'alert-http5xx-app' })
  // No rule time passes, in which pings would find it.
  await vi.waitUntil(() => platform.runs[0]?.endedAt !== undefined || swapsBegun(platform) > 1, { timeout: 50_000 })
  return platform
}

/** How many swaps were begun, the promotion included. */
export function swapsBegun({ events }: TestPlatform): number {
  return events.filter(({ kind }) => kind === 'swap started').length
}

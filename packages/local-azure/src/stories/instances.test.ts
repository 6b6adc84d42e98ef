// A release with several instances: the failure of one says nothing about the release, the failure of all does.
import { expect, it } from 'vitest'
import { settled, swaps } from '../../test/support/alerts.ts'
import { askedWithOneDead, swapsBegun } from '../../test/support/one-dead-of-two.ts'
import { startTestPlatform, type TestPlatform } from '../../test/support/start-test-platform.ts'

const MINUTE_MS = 60_000

it('one dead of two calls people, and the healer does not undo the release', async () => {
  const platform = await promoted(2)
  await platform.kill('production', platform.instances('production')[0]!)
  await pass(platform, 20)
  expect(called(platform)).toContainEqual(expect.stringContaining('unhealthy-people'))
  // The metric is the mean of both: it is 50, which does not fire the healer's rule (below 50), and is not 100.
  expect(lowestHealth(platform)).toBe(50)
  expect([await platform.release('production'), swaps(platform), wasHealed(platform)]).toEqual(['v2', 1, false])
})

it('its twin, both dead, is healed', async () => {
  const platform = await promoted(2)
  await platform.kill('production')
  await platform.until(() => wasHealed(platform))
  expect([await platform.release('production'), swaps(platform)]).toEqual(['v1', 2])
})

it('one dead of two is not treated as a failed release, though each request of the healer reaches it', async () => {
  const platform = await askedWithOneDead(startTestPlatform)
  expect(platform.runs[0]).toMatchObject({ actions: { Differs: { status: 'Succeeded' } }, status: 'Succeeded' })
  expect(swapsBegun(platform)).toBe(1)
})

it('its twin, both dead under traffic, is healed as soon as server errors fire', async () => {
  const platform = await promoted(2)
  const killedAt = platform.now()
  await platform.kill('production')
  await platform.use(14)
  await platform.until(() => wasHealed(platform))
  expect(await platform.release('production')).toBe('v1')
  expect(platform.now() - killedAt).toBeLessThan(5 * MINUTE_MS)
})

async function promoted(instances: number): Promise<TestPlatform> {
  const settings = { WEBSITE_HEALTHCHECK_MAXPINGFAILURES: '2' }
  const platform = await startTestPlatform({
    instances,
    environment: { production: { ...settings, RELEASE: 'v1' }, staging: { ...settings, RELEASE: 'v2' } },
  })
  await platform.promote()
  return settled(platform)
}

function pass(platform: TestPlatform, minutes: number): Promise<void> {
  const end = platform.now() + minutes * MINUTE_MS
  return platform.until(() => platform.now() >= end)
}

function lowestHealth({ events }: TestPlatform): number {
  const values = events.flatMap((event) =>
    event.kind === 'alert evaluated' && event.rule.includes('alert-unhealthy-app') ? event.values : [],
  )
  return Math.min(...values.filter((value) => value !== null))
}

function called({ events }: TestPlatform): string[] {
  return events.flatMap((event) => (event.kind === 'person called' && event.condition === 'Fired' ? [event.rule] : []))
}

function wasHealed({ runs }: TestPlatform): boolean {
  return runs.some(({ actions }) => actions['Healed'] !== undefined)
}

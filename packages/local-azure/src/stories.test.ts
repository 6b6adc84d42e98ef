// Failures before, during and after a promotion. A failure of another release must not make the healer undo the release
// in production, nor keep it from seeing a failure of that release.
import { describe, expect, it } from 'vitest'
import { settled, swaps } from '../test/support/alerts.ts'
import { startTestPlatform, type TestPlatform } from '../test/support/start-test-platform.ts'

const MINUTE_MS = 60_000

describe('after a short failure of the previous release', () => {
  it('a bad promotion is healed, though the alert of that failure is still open', async () => {
    const platform = await blip()
    await platform.promote()
    await fail(platform)
    await healed(platform, 2)
    expect(await platform.release('production')).toBe('v1')
  })

  it('a good promotion stays', async () => {
    const platform = await blip()
    await platform.promote()
    await stays(platform, 'v2', 1)
  })
})

describe('after a heal', () => {
  it('a bad promotion is healed again', async () => {
    const platform = await healedOnce()
    await platform.promote()
    await fail(platform)
    await healed(platform, 4)
    expect(await platform.release('production')).toBe('v1')
  })

  it('a good promotion stays', async () => {
    const platform = await healedOnce()
    await platform.promote()
    await stays(platform, 'v3', 3)
  })
})

describe('a release that is promoted while the one before fails', () => {
  it('stays if it is good, despite the samples of the one before', async () => {
    const platform = await startTestPlatform()
    await fail(platform)
    await platform.promote()
    await stays(platform, 'v2', 1)
  })

  it('is left to people if it is bad and the one before fails too', async () => {
    const platform = await startTestPlatform()
    await fail(platform)
    await platform.promote()
    await fetch(`${platform.stagingUrl}/break`)
    await fail(platform)
    await platform.until(() => platform.events.some(({ kind }) => kind === 'person called'))
    expect(await platform.release('production')).toBe('v2')
    expect(swaps(platform)).toBe(1)
  })
})

it('a release whose process is dead is healed within minutes, thanks to the configured number of failed pings', async () => {
  const platform = await startTestPlatform()
  await platform.promote()
  await settled(platform)
  const killedAt = platform.now()
  await platform.kill('production')
  await healed(platform, 2)
  const fired = platform.events.find((event) => event.kind === 'alert fired' && event.rule.includes('unhealthy-app'))
  expect(fired!.at - killedAt).toBeLessThanOrEqual(6 * MINUTE_MS)
})

/** A release has six server errors at once, and has recovered before anything is promoted. */
async function blip(): Promise<TestPlatform> {
  const platform = await startTestPlatform()
  await fail(platform)
  await platform.until(() => platform.runs.some(({ endedAt }) => endedAt !== undefined))
  await platform.deploy('production', { RELEASE: 'v1' })
  return platform
}

/** A bad v2 was promoted and undone, and v3 waits in staging. */
async function healedOnce(): Promise<TestPlatform> {
  const platform = await startTestPlatform()
  await platform.promote()
  await fail(platform)
  await healed(platform, 2)
  await platform.deploy('staging', { RELEASE: 'v3' })
  return platform
}

async function fail(platform: TestPlatform): Promise<void> {
  await fetch(`${platform.productionUrl}/break`)
  await platform.use(12)
}

function healed(platform: TestPlatform, swapsAfter: number): Promise<void> {
  return platform.until(
    () => swaps(platform) === swapsAfter && platform.runs.at(-1)?.endedAt !== undefined && wasHealed(platform),
  )
}

function wasHealed({ runs }: TestPlatform): boolean {
  return runs.some(({ actions }) => actions['Healed'] !== undefined)
}

/** Nothing is swapped for twenty minutes, which is longer than every window. */
async function stays(platform: TestPlatform, release: string, swapsSoFar: number): Promise<void> {
  const from = platform.now()
  await platform.until(() => platform.now() - from > 20 * MINUTE_MS)
  expect([await platform.release('production'), swaps(platform)]).toEqual([release, swapsSoFar])
}

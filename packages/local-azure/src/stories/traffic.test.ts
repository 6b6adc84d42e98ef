// Low and high traffic: a bad release is noticed at one task per minute, and a good one stays at 50 requests per second.
import { expect, it, onTestFinished } from 'vitest'
import { settled, swaps } from '../../test/support/alerts.ts'
import { send } from '../../test/support/application-insights.ts'
import { tellFigure } from '../../test/support/figures.ts'
import {
  deployed,
  firedForHealer,
  MODELS,
  startAgentPlatform,
  wasHealed,
} from '../../test/support/start-agent-platform.ts'
import { startTestPlatform, type TestPlatform } from '../../test/support/start-test-platform.ts'

it.each([1, 10])(
  'over HTTP, tasks a minute: %i; a good release stays, and is healed when it goes bad',
  {
    timeout: 180_000,
  },
  async (tasksAMinute) => {
    const deployments = deployed()
    const platform = await startAgentPlatform({ model: { deployments } })
    onTestFinished(() => platform.close())
    const ask = async () => {
      const asked = Array.from({ length: tasksAMinute }, async () =>
        (await platform.chat('Where is my order ORD-1001?')).text(),
      )
      await platform.pass(1)
      await Promise.all(asked)
    }
    await platform.promote()
    for (let minute = 0; minute < 6; minute++) await ask()
    expect([firedForHealer(platform), await platform.release(), swaps(platform)]).toEqual([[], 'v2', 1])

    const faultAt = platform.now()
    delete deployments[MODELS.v2]
    for (let minute = 0; minute < 12 && !wasHealed(platform); minute++) await ask()
    expect([wasHealed(platform), await platform.release(), swaps(platform)]).toEqual([true, 'v1', 2])
    tellFigure(`over HTTP, tasks a minute: ${tasksAMinute}`, platform, faultAt)
  },
)

it('by samples, 600 tasks a minute, a release of which every third task fails is healed', async () => {
  const platform = await startTestPlatform()
  await platform.promote()
  await sample(platform, 8, 1)
  const faultAt = platform.now()
  await sample(platform, 12, 2 / 3)
  expect(wasHealed(platform)).toBe(true)
  tellFigure('by samples, 600 tasks a minute', platform, faultAt)
})

it('its twin, of which every tenth fails, stays', async () => {
  const platform = await startTestPlatform()
  await platform.promote()
  await sample(platform, 12, 0.9)
  expect([platform.runs.length, swaps(platform)]).toEqual([0, 1])
})

it('by samples, 1 task a minute, the rate of synthetic tasks after a quarter of an hour: a late failure is healed', async () => {
  const platform = await startTestPlatform()
  await platform.promote()
  await sample(platform, 20, 1, 1)
  const faultAt = platform.now()
  await sample(platform, 15, 0, 1)
  await platform.until(() => platform.runs.every(({ endedAt }) => endedAt !== undefined))
  expect([wasHealed(platform), swaps(platform)]).toEqual([true, 2])
  tellFigure('by samples, 1 task a minute, late', platform, faultAt)
})

it('its twin, which fails a task now and then, stays', async () => {
  const platform = await startTestPlatform()
  await platform.promote()
  for (let minutes = 0; minutes < 36; minutes += 6) {
    await sample(platform, 5, 1, 1)
    await sample(platform, 1, 0, 1)
  }
  expect([platform.runs.length, swaps(platform)]).toEqual([0, 1])
})

it('its other twin, a good release after one that failed a task a minute, stays', async () => {
  const platform = await startTestPlatform()
  await sample(platform, 15, 0, 1)
  await platform.promote()
  await sample(platform, 25, 1, 1)
  expect(platform.runs.length).toBeGreaterThan(0)
  expect([await platform.release('production'), swaps(platform)]).toEqual(['v2', 1])
})

it('at 50 requests a second a good release stays, though the one before failed and the swap was under load', async () => {
  const platform = await startTestPlatform()
  await fetch(`${platform.productionUrl}/break`)
  const load = loadOf(platform)
  await load.pass(30)
  await platform.promote()
  await load.pass(30)
  await load.end()
  await settled(platform)
  await platform.until(() => platform.runs.every(({ endedAt }) => endedAt !== undefined))
  expect(platform.runs.length).toBeGreaterThan(0)
  expect([await platform.release('production'), swaps(platform)]).toEqual(['v2', 1])
})

it('its twin, which goes bad at 50 requests a second, is healed', async () => {
  const platform = await startTestPlatform()
  const load = loadOf(platform)
  await load.pass(10)
  await platform.promote()
  await load.pass(10)
  const faultAt = platform.now()
  await fetch(`${platform.productionUrl}/break`)
  await load.pass(30)
  await load.end()
  await platform.until(() => wasHealed(platform))
  expect([await platform.release('production'), swaps(platform)]).toEqual(['v1', 2])
  tellFigure('50 requests a second', platform, faultAt)
})

/** Exports tasks every minute for this many minutes, of which a share succeeds. Ends early once it is healed. */
async function sample(platform: TestPlatform, minutes: number, share: number, count = 600): Promise<void> {
  for (let minute = 0; minute < minutes && !wasHealed(platform); minute++) {
    const end = platform.now() + 60_000
    await send(platform, 'production', { name: 'agent.task.outcome', value: count * share, count, min: 0, max: 1 })
    await platform.until(() => platform.now() >= end)
  }
}

const REQUESTS_A_SECOND = 50

/** Fifty requests in each second of rule time that passes. */
function loadOf(platform: TestPlatform) {
  const sent: Promise<unknown>[] = []
  return {
    async pass(seconds: number): Promise<void> {
      for (let second = 0; second < seconds; second++) {
        const now = Array.from({ length: REQUESTS_A_SECOND }, async () => (await fetch(platform.productionUrl)).text())
        sent.push(...now)
        await Promise.all(now)
        await platform.clock.advance(1000)
      }
    },
    end: () => Promise.all(sent),
  }
}

// Three of the rules need the agent's telemetry. Without it they never fire, as if all were well.
import { expect, it } from 'vitest'
import { send } from '../../test/support/application-insights.ts'
import { startTestPlatform, type TestPlatform } from '../../test/support/start-test-platform.ts'

const MINUTE_MS = 60_000

it('a person is called when the telemetry of production no longer arrives, and nothing is swapped', async () => {
  const platform = await startTestPlatform()
  await platform.promote()
  await beat(platform, 10)
  const endedAt = platform.now()
  await platform.until(() => calls(platform).length > 0)
  expect(calls(platform)).toEqual([expect.stringContaining('alert-blind-')])
  // The whole window, three evaluations five minutes apart, and the delay of the metrics.
  expect(platform.now() - endedAt).toBeLessThanOrEqual(30 * MINUTE_MS)
  expect(await platform.release('production')).toBe('v2')
})

it('no person is called while telemetry arrives, even without traffic', async () => {
  const platform = await startTestPlatform()
  await platform.promote()
  await beat(platform, 45)
  expect(calls(platform)).toEqual([])
})

it('a person is called although the telemetry of staging arrives', async () => {
  const platform = await startTestPlatform()
  await beat(platform, 30, 'staging')
  expect(calls(platform)).toEqual([expect.stringContaining('alert-blind-')])
})

async function beat(platform: TestPlatform, minutes: number, slot: 'production' | 'staging' = 'production') {
  for (let minute = 0; minute < minutes; minute++) {
    await send(platform, slot, { name: 'agent.heartbeat', value: 1, count: 1, min: 1, max: 1 })
    await platform.clock.advance(MINUTE_MS)
  }
}

function calls({ events }: TestPlatform): string[] {
  return events.flatMap((event) => (event.kind === 'person called' && event.condition === 'Fired' ? [event.rule] : []))
}

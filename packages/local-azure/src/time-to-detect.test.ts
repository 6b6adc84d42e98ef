// How long each rule takes to notice, in rule time, which no busy machine can stretch.
import { expect, it } from 'vitest'
import { send } from '../test/support/application-insights.ts'
import { startTestPlatform, type TestPlatform } from '../test/support/start-test-platform.ts'

const MINUTE_MS = 60_000

const INCIDENTS: [rule: string, begin: (platform: TestPlatform) => Promise<void>, firesWithinMs: number][] = [
  [
    'http5xx',
    async (platform) => {
      await fetch(`${platform.productionUrl}/break`)
      await platform.use(6)
    },
    3 * MINUTE_MS,
  ],
  ['unhealthy', (platform) => platform.kill('production'), 6 * MINUTE_MS],
  ['task-success', (platform) => tell(platform, 'agent.task.outcome', 6, { taskSuccess: 0.6 }), 3 * MINUTE_MS],
  ['tool-success', (platform) => tell(platform, 'agent.tool.outcome', 7, { toolSuccess: 0.7 }), 3 * MINUTE_MS],
  ['task-cost', (platform) => tell(platform, 'agent.task.cost', 5, { costPerTaskUsd: 0.5 }), 3 * MINUTE_MS],
]

it.each(INCIDENTS)('%s fires in time, and what it is about is healed', async (rule, begin, withinMs) => {
  const platform = await startTestPlatform()
  await platform.promote()
  // Windows without data are no incident; the story begins when all of them have seen the new release.
  await platform.until(() => platform.events.filter(({ kind }) => kind === 'alert evaluated').length > 30)
  const begunAt = platform.now()
  await begin(platform)
  await platform.until(() => healed(platform))

  const fired = platform.events.find((event) => event.kind === 'alert fired' && !event.rule.includes('-people'))
  expect(fired).toMatchObject({ rule: expect.stringContaining(rule) })
  expect(fired!.at - begunAt).toBeLessThanOrEqual(withinMs)
  expect(await platform.release('production')).toBe('v1')
})

function healed({ runs }: TestPlatform): boolean {
  return runs.some(({ actions }) => actions['Healed'] !== undefined)
}

/** What the process exports, and what it says of itself when it is asked. */
async function tell(platform: TestPlatform, name: string, value: number, own: object): Promise<void> {
  const outcomes = JSON.stringify({ tasks: 10, toolCalls: 10, ...own })
  await fetch(`${platform.productionUrl}/outcomes?are=${encodeURIComponent(outcomes)}`)
  await send(platform, 'production', { name, value, count: 10, min: 0, max: 1 })
}

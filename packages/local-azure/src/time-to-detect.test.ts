// How long each rule takes to detect a failure, in rule time, so the load of the machine does not matter. FIGURES=1
// prints the figures.
import { expect, it } from 'vitest'
import { send } from '../test/support/application-insights.ts'
import { tellFigure } from '../test/support/figures.ts'
import { startTestPlatform, type TestPlatform } from '../test/support/start-test-platform.ts'

const MINUTE_MS = 60_000

const INCIDENTS: [rule: string, begin: (platform: TestPlatform) => Promise<void>, firesWithinMs: number][] = [
  [
    'http5xx',
    async (platform) => {
      await onEach(platform, '/break')
      await platform.use(6)
    },
    3 * MINUTE_MS,
  ],
  ['unhealthy', (platform) => platform.kill('production'), 6 * MINUTE_MS],
  ['task-success', (platform) => tell(platform, 'agent.task.outcome', 6, { taskSuccess: 0.6 }), 3 * MINUTE_MS],
  ['tool-success', (platform) => tell(platform, 'agent.tool.outcome', 7, { toolSuccess: 0.7 }), 3 * MINUTE_MS],
  ['task-cost', (platform) => tell(platform, 'agent.task.cost', 5, { costPerTaskUsd: 0.5 }), 3 * MINUTE_MS],
]

const CASES = INCIDENTS.flatMap((incident) => [1, 3].map((instances) => ({ instances, incident })))

it.each(CASES)(
  '$incident.0 fires in time with instances: $instances, and the failure is healed',
  async ({ instances, incident: [rule, begin, withinMs] }) => {
    const platform = await startTestPlatform({ instances })
    await platform.promote()
    // Starts when all windows have data of the new release: a window without data is not an incident.
    await platform.until(() => platform.events.filter(({ kind }) => kind === 'alert evaluated').length > 30)
    const begunAt = platform.now()
    await begin(platform)
    await platform.until(() => healed(platform))

    const fired = platform.events.find((event) => event.kind === 'alert fired' && !event.rule.includes('-people'))
    expect(fired).toMatchObject({ rule: expect.stringContaining(rule) })
    expect(fired!.at - begunAt).toBeLessThanOrEqual(withinMs)
    tellFigure(`${rule}, instances: ${instances}`, platform, begunAt)
    expect(await platform.release('production')).toBe('v1')
  },
)

function healed({ runs }: TestPlatform): boolean {
  return runs.some(({ actions }) => actions['Healed'] !== undefined)
}

/** Makes the process export these outcomes and return them to probes. */
async function tell(platform: TestPlatform, name: string, value: number, own: object): Promise<void> {
  const outcomes = JSON.stringify({ tasks: 10, toolCalls: 10, ...own })
  await onEach(platform, `/outcomes?are=${encodeURIComponent(outcomes)}`)
  await send(platform, 'production', { name, value, count: 10, min: 0, max: 1 })
}

/** Sends a request to every instance, since the front door uses them in turn. */
async function onEach(platform: TestPlatform, path: string): Promise<void> {
  for (const _ of platform.instances('production')) await (await fetch(`${platform.productionUrl}${path}`)).text()
}

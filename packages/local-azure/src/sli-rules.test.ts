import { describe, expect, it } from 'vitest'
import { settled } from '../test/support/alerts.ts'
import { connection, send, track } from '../test/support/application-insights.ts'
import { startTestPlatform, type TestPlatform } from '../test/support/start-test-platform.ts'

describe('a release that is worse than its HTTP status says', () => {
  it('is undone when fewer than 8 of 10 tasks succeed, although every response is a 200', async () => {
    const platform = await promoted()
    await send(platform, 'production', { name: 'agent.task.outcome', value: 6, count: 10, min: 0, max: 1 })
    await platform.until(() => healed(platform))
    expect(fired(platform)).toEqual([expect.stringContaining('task-success')])
    expect(await platform.release('production')).toBe('v1')
  })

  it('is undone when fewer than 8 of 10 tool calls return a result', async () => {
    const platform = await promoted()
    await send(platform, 'production', { name: 'agent.tool.outcome', value: 7, count: 10, min: 0, max: 1 })
    await platform.until(() => healed(platform))
    expect(fired(platform)).toEqual([expect.stringContaining('tool-success')])
  })

  it('is undone when its tasks cost more than they may', async () => {
    const platform = await promoted()
    await send(platform, 'production', { name: 'agent.task.cost', value: 1.2, count: 12, min: 0.1, max: 0.1 })
    await platform.until(() => healed(platform))
    expect(fired(platform)).toEqual([expect.stringContaining('task-cost')])
  })

  it('is undone when its process is dead, although there is no traffic', async () => {
    const platform = await promoted()
    await platform.until(() => evaluations(platform) >= 10)
    await platform.kill('production')
    await platform.until(() => healed(platform))
    expect(fired(platform)).toEqual([expect.stringContaining('unhealthy')])
    expect(await platform.release('production')).toBe('v1')
  })
})

describe('nothing happens', () => {
  it('for one failure of one task', async () => {
    const platform = await promoted()
    await send(platform, 'production', { name: 'agent.task.outcome', value: 0, count: 1, min: 0, max: 0 })
    await quiet(platform)
  })

  it('for failures of test traffic on staging', async () => {
    const platform = await promoted()
    await send(platform, 'staging', { name: 'agent.task.outcome', value: 0, count: 50, min: 0, max: 0 })
    await quiet(platform)
  })

  it('for telemetry with an unknown instrumentation key', async () => {
    const platform = await promoted()
    const { endpoint } = await connection(platform, 'production')
    const metric = { name: 'agent.task.outcome', value: 0, count: 50, min: 0, max: 0 }
    expect((await track(endpoint, 'no-such-key', metric)).status).toBe(200)
    await quiet(platform)
  })
})

it('telemetry that cannot be read is refused', async () => {
  const platform = await promoted()
  const { endpoint } = await connection(platform, 'production')
  const response = await fetch(`${endpoint}v2.1/track`, { method: 'POST', body: '{"iKey":' })
  expect(response.status).toBe(400)
})

async function promoted(): Promise<TestPlatform> {
  const platform = await startTestPlatform()
  await platform.promote()
  return settled(platform)
}

async function quiet(platform: TestPlatform): Promise<void> {
  const before = evaluations(platform)
  await platform.until(() => evaluations(platform) > before + 10)
  expect(fired(platform)).toEqual([])
}

/** The rules that called the healer, with their twins of a longer window as one. */
function fired(platform: TestPlatform): string[] {
  const rules = platform.events.flatMap((event) =>
    event.kind === 'alert fired' && isForHealer(event.rule) ? [event.rule.replace('-quiet', '')] : [],
  )
  return [...new Set(rules)]
}

function healed({ runs }: TestPlatform): boolean {
  return runs.some(({ actions }) => actions['Healed'] !== undefined)
}

/** Other rules call people. One of them fires because this test application sends no telemetry. */
function isForHealer(rule: string): boolean {
  return !/-people|-blind/.test(rule)
}

function evaluations(platform: TestPlatform): number {
  return platform.events.filter(({ kind }) => kind === 'alert evaluated').length
}

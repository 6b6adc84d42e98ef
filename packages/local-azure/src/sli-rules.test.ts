import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { startTestPlatform, type TestPlatform } from '../test/start-test-platform.ts'

describe('a release that is worse than its HTTP status says', () => {
  test('is undone when fewer than 8 of 10 tasks succeed, although every answer is a 200', async () => {
    const platform = await promoted()
    await send(platform, 'production', { name: 'agent.task.outcome', value: 6, count: 10, min: 0, max: 1 })
    await platform.until(() => platform.runs.at(-1)?.status === 'Succeeded')
    expect(fired(platform)).toEqual([expect.stringContaining('task-success')])
    expect(await platform.release('production')).toBe('v1')
  })

  test('is undone when fewer than 8 of 10 tool calls are answered', async () => {
    const platform = await promoted()
    await send(platform, 'production', { name: 'agent.tool.outcome', value: 7, count: 10, min: 0, max: 1 })
    await platform.until(() => platform.runs.at(-1)?.status === 'Succeeded')
    expect(fired(platform)).toEqual([expect.stringContaining('tool-success')])
  })

  test('is undone when its tasks cost more than they may', async () => {
    const platform = await promoted()
    await send(platform, 'production', { name: 'agent.task.cost', value: 1.2, count: 12, min: 0.1, max: 0.1 })
    await platform.until(() => platform.runs.at(-1)?.status === 'Succeeded')
    expect(fired(platform)).toEqual([expect.stringContaining('task-cost')])
  })

  test('is undone when its process is dead, although nobody asks it anything', async () => {
    const platform = await promoted()
    await platform.until(() => evaluations(platform) >= 10)
    await platform.kill('production')
    await platform.until(() => platform.runs.at(-1)?.status === 'Succeeded')
    expect(fired(platform)).toEqual([expect.stringContaining('unhealthy')])
    expect(await platform.release('production')).toBe('v1')
  })
})

describe('nothing happens', () => {
  test('for one failure of one task', async () => {
    const platform = await promoted()
    await send(platform, 'production', { name: 'agent.task.outcome', value: 0, count: 1, min: 0, max: 0 })
    await quiet(platform)
  })

  test('for failures of test traffic on staging', async () => {
    const platform = await promoted()
    await send(platform, 'staging', { name: 'agent.task.outcome', value: 0, count: 50, min: 0, max: 0 })
    await quiet(platform)
  })

  test('for telemetry with a key that belongs to nothing', async () => {
    const platform = await promoted()
    const { endpoint } = await connection(platform, 'production')
    const metric = { name: 'agent.task.outcome', value: 0, count: 50, min: 0, max: 0 }
    expect((await track(endpoint, 'no-such-key', metric)).status).toBe(200)
    await quiet(platform)
  })
})

test('telemetry that cannot be read is refused', async () => {
  const platform = await promoted()
  const { endpoint } = await connection(platform, 'production')
  const response = await fetch(`${endpoint}v2.1/track`, { method: 'POST', body: '{"iKey":' })
  expect(response.status).toBe(400)
})

async function promoted(): Promise<TestPlatform> {
  const platform = await startTestPlatform()
  await platform.promote()
  return platform
}

async function quiet(platform: TestPlatform): Promise<void> {
  const before = evaluations(platform)
  await platform.until(() => evaluations(platform) > before + 10)
  expect(fired(platform)).toEqual([])
}

function fired(platform: TestPlatform): string[] {
  return platform.events.flatMap((event) => (event.kind === 'alert fired' ? [event.rule] : []))
}

function evaluations(platform: TestPlatform): number {
  return platform.events.filter(({ kind }) => kind === 'alert evaluated').length
}

type Point = { name: string; value: number; count: number; min: number; max: number }

/** What the exporter in a process of the slot would send. */
async function send(platform: TestPlatform, slot: 'production' | 'staging', metric: Point): Promise<void> {
  const { endpoint, key } = await connection(platform, slot)
  expect((await track(endpoint, key, metric)).status).toBe(200)
}

function track(endpoint: string, iKey: string, metric: Point): Promise<Response> {
  const envelope = {
    name: 'Microsoft.ApplicationInsights.Metric',
    iKey,
    data: { baseType: 'MetricData', baseData: { metrics: [metric] } },
  }
  return fetch(`${endpoint}v2.1/track`, {
    method: 'POST',
    headers: { 'content-encoding': 'gzip', 'content-type': 'application/json' },
    body: gzipSync(JSON.stringify(envelope)),
  })
}

async function connection(platform: TestPlatform, slot: 'production' | 'staging') {
  const url = slot === 'production' ? platform.productionUrl : platform.stagingUrl
  const environment = (await (await fetch(`${url}/environment`)).json()) as Record<string, string>
  const fields = Object.fromEntries(
    environment['APPLICATIONINSIGHTS_CONNECTION_STRING']!.split(';').map(
      (field) => field.split('=') as [string, string],
    ),
  )
  return { endpoint: fields['IngestionEndpoint']!, key: fields['InstrumentationKey']! }
}

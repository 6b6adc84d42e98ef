import { fileURLToPath } from 'node:url'
import { type Platform, startPlatform } from 'local-azure'
import { beforeEach, expect, it, onTestFinished } from 'vitest'

const SNAPSHOT = fileURLToPath(new URL('../../../infra/main.snapshot.json', import.meta.url))
const AGENT = fileURLToPath(new URL('../../../apps/agent/src/main.ts', import.meta.url))

let platform: Platform
beforeEach(async () => {
  platform = await startPlatform({
    snapshot: SNAPSHOT,
    entry: AGENT,
    exportTelemetry: false,
    model: { mistakeRate: 0 },
    environment: { production: { RELEASE: 'v1' }, staging: { RELEASE: 'v2' } },
  })
  onTestFinished(() => platform.close())
})

async function readiness(url: string) {
  const response = await fetch(`${url}/health/ready`)
  const { release } = (await response.json()) as { release: string }
  return { status: response.status, release }
}

it('a promotion right after a deployment asks that release for a task of its own', async () => {
  expect(await readiness(platform.stagingUrl)).toEqual({ status: 200, release: 'v2' })
  const before = platform.model.attempts.length
  expect(await readiness(platform.stagingUrl)).toEqual({ status: 200, release: 'v2' })
  expect(platform.model.attempts).toHaveLength(before)

  await platform.deploy('staging', { RELEASE: 'v3' })
  expect(await readiness(platform.stagingUrl)).toEqual({ status: 200, release: 'v3' })
  expect(platform.model.attempts).toHaveLength(2 * before)
  // A promotion asks the candidate; in production's place another process is warmed up, and asked once more.
  await platform.promote()
  expect(await readiness(platform.productionUrl)).toEqual({ status: 200, release: 'v3' })
  expect(platform.model.attempts).toHaveLength(5 * before)
})

it('a result that is still good does not carry a candidate through its swap', async () => {
  expect(await readiness(platform.stagingUrl)).toEqual({ status: 200, release: 'v2' })
  platform.model.fault({ kind: 'content_filter', times: Number.POSITIVE_INFINITY })
  expect(await readiness(platform.stagingUrl)).toEqual({ status: 200, release: 'v2' })

  await expect(platform.promote()).rejects.toThrow('fails its test task')
  expect((await (await fetch(`${platform.productionUrl}/health`)).json()) as object).toMatchObject({ release: 'v1' })
})

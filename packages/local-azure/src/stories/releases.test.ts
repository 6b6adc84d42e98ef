// Failures of a release in production, and failures of others that look alike, with the real agent in both slots.
import { expect, it, onTestFinished } from 'vitest'
import { swaps } from '../../test/support/alerts.ts'
import {
  type AgentPlatform,
  calledFor,
  deployed,
  MODELS,
  startAgentPlatform,
  wasHealed,
} from '../../test/support/start-agent-platform.ts'

const FOREVER = Number.POSITIVE_INFINITY

it('a release that hangs is healed', { timeout: 180_000 }, async () => {
  const platform = await promoted({ TASK_DEADLINE_MS: '1000' })
  platform.model.fault({ kind: 'hang', model: MODELS.v2, times: FOREVER })
  await askUntil(platform, () => wasHealed(platform))
  expect([await platform.release(), swaps(platform)]).toEqual(['v1', 2])
})

it('a provider that is down for both releases swaps nothing, and a person is called', {
  timeout: 180_000,
}, async () => {
  const platform = await promoted()
  platform.model.fault({ kind: 'unavailable', times: FOREVER, retryAfterMs: 1 })
  await askUntil(platform, () => calledFor(platform).length > 0)
  await askFor(platform, 5)
  expect(calledFor(platform)).toContainEqual(expect.stringContaining('http5xx-people'))
  expect(platform.runs.length).toBeGreaterThan(0)
  expect([await platform.release(), swaps(platform)]).toEqual(['v2', 1])
})

it('a release that is promoted while the one before fails, and fails too, is left to people', {
  timeout: 180_000,
}, async () => {
  const deployments = deployed()
  const platform = await started({}, deployments)
  delete deployments[MODELS.v1]
  await askFor(platform, 3)
  await platform.promote()
  delete deployments[MODELS.v2]
  await askUntil(platform, () => calledFor(platform).length > 0)
  await askFor(platform, 5)
  expect([await platform.release(), swaps(platform)]).toEqual(['v2', 1])
})

async function promoted(...about: Parameters<typeof started>): Promise<AgentPlatform> {
  const platform = await started(...about)
  await platform.promote()
  return platform
}

async function started(v2: Record<string, string> = {}, deployments?: Record<string, string>): Promise<AgentPlatform> {
  const platform = await startAgentPlatform({ v2, ...(deployments && { model: { deployments } }) })
  onTestFinished(() => platform.close())
  return platform
}

/** Four users per minute, for this many minutes. */
async function askFor(platform: AgentPlatform, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    const answered = Promise.allSettled(
      Array.from({ length: 4 }, async () => (await platform.chat('Where is my order ORD-1001?')).text()),
    )
    await platform.pass(1)
    await answered
  }
}

async function askUntil(platform: AgentPlatform, holds: () => boolean): Promise<void> {
  for (let minute = 0; !holds() && minute < 20; minute++) await askFor(platform, 1)
  expect(holds()).toBe(true)
}

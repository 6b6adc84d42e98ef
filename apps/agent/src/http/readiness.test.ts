import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startTestAgent, type TestAgent } from '../../test/support/test-agent.ts'
import { readSettings } from '../settings/settings.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
/** No other timer is set to it. */
const DEADLINE_MS = 47_111
const CHECKS_A_MONTH = (31 * 24 * 60) / 15

let agent: TestAgent
// The clock of the whole process, before anything of it starts. Timers and sockets keep their own.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 1) }))
afterEach(async () => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  await agent.stop()
})

const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)

async function poll() {
  const response = await agent.get('/health/ready')
  const { checkedAt, reason } = (await response.json()) as { checkedAt: string; reason?: string }
  return { status: response.status, age: response.headers.get('age'), checkedAt, reason }
}

/** Asks in these intervals for so long, and tells what came. */
async function pollFor(totalMs: number, everyMs: number) {
  const statuses: number[] = []
  for (let passedMs = 0; passedMs < totalMs; passedMs += everyMs) {
    pass(everyMs)
    statuses.push((await poll()).status)
  }
  return new Set(statuses)
}

/** The deadline of a task passes when the model has got the attempt, however long that takes this machine. */
function expireOnceTheModelIsAsked(): void {
  const { setTimeout: real } = globalThis
  const fake = (act: () => void, ms?: number) => {
    if (ms !== DEADLINE_MS) return real(act, ms)
    const asked = agent.model.attempts.length
    const timer = setInterval(() => {
      if (agent.model.attempts.length === asked) return
      clearInterval(timer)
      act()
    }, 1)
    return timer
  }
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(fake as typeof setTimeout)
}

it('is good for 15 minutes, and who asks in between hears how old it is', async () => {
  agent = await startTestAgent()
  const first = await poll()
  expect(first).toMatchObject({ status: 200, age: '0' })
  const attempts = agent.model.attempts.length
  pass(15 * MINUTE_MS - 1)
  expect(await poll()).toEqual({ ...first, age: '899' })
  expect(agent.model.attempts).toHaveLength(attempts)
  pass(1)
  expect(await poll()).toMatchObject({ status: 200, age: '0' })
  expect(agent.model.attempts).toHaveLength(2 * attempts)
})

it('when it failed is good for 30 seconds', async () => {
  agent = await startTestAgent()
  agent.model.fault({ kind: 'content_filter', times: 1 })
  expect((await poll()).status).toBe(503)
  pass(30 * SECOND_MS - 1)
  expect((await poll()).status).toBe(503)
  pass(1)
  expect((await poll()).status).toBe(200)
})

it('is asked anew of each process: a release never answers for the one before', async () => {
  agent = await startTestAgent()
  expect((await poll()).status).toBe(200)
  agent.model.fault({ kind: 'content_filter', times: 1 })
  await agent.restart()
  expect((await poll()).status).toBe(503)
})

it('costs both slots, however often it is asked, less than its budget in a month', { timeout: 60_000 }, async () => {
  agent = await startTestAgent()
  expect(await pollFor(60 * MINUTE_MS, 15 * SECOND_MS)).toEqual(new Set([200]))
  const costUsd = agent.model.totalCostNanos() / 1e9 / 4
  expect(agent.model.attempts).toHaveLength(4 * 2)
  expect(2 * CHECKS_A_MONTH * costUsd).toBeLessThan(readSettings({}).budget.healthLimitUsd)
})

it.each([
  ['at a tool', { mode: 'outage', tools: ['get_order'] }, undefined],
  // Nobody knows what an attempt has cost that was left.
  ['at its deadline', undefined, { kind: 'hang', times: Number.POSITIVE_INFINITY } as const],
])(
  'cannot be made to spend its budget on a release that keeps failing %s',
  { timeout: 60_000 },
  async (_, chaos, fault) => {
    agent = await startTestAgent({ TASK_DEADLINE_MS: String(DEADLINE_MS) })
    if (fault) expireOnceTheModelIsAsked()
    if (chaos) await agent.admin('POST', '/admin/chaos', { ...chaos, ttlMs: 24 * 60 * MINUTE_MS })
    if (fault) agent.model.fault(fault)
    expect(await pollFor(3 * 60 * MINUTE_MS, 30 * SECOND_MS)).toEqual(new Set([503]))
    // The first few in quick succession, then as rare as those that succeed.
    expect(agent.model.attempts.length).toBeGreaterThan(10)
    expect(agent.model.attempts.length).toBeLessThanOrEqual(11 + 3 * 4)
  },
)

it('comes back within 30 seconds, however long the provider was away: what failed at no cost is asked again', {
  timeout: 60_000,
}, async () => {
  agent = await startTestAgent()
  agent.model.fault({ kind: 'content_filter', times: 60 })
  expect(await pollFor(30 * MINUTE_MS, 30 * SECOND_MS)).toEqual(new Set([503]))
  pass(30 * SECOND_MS)
  expect((await poll()).status).toBe(200)
})

it.each([200, 503])('is not good for longer than its time when the clock is set back: %s', async (status) => {
  agent = await startTestAgent()
  const attempts = () => agent.model.attempts.length
  if (status === 503) agent.model.fault({ kind: 'content_filter', times: 1 })
  expect((await poll()).status).toBe(status)
  const before = attempts()
  pass(-24 * 60 * MINUTE_MS)
  expect(await poll()).toMatchObject({ status: 200, age: '0' })
  expect(attempts()).toBeGreaterThan(before)
})

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startTestAgent, type TestAgent } from '../../test/support/test-agent.ts'
import { readSettings } from '../settings/settings.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
/** A duration that no other timer has, so that this timer can be recognized. */
const DEADLINE_MS = 47_111
const CHECKS_A_MONTH = (31 * 24 * 60) / 15

let agent: TestAgent
// Replaces the clock of the whole process before the agent starts. Timers and sockets keep the real one.
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

/** Sends requests at this interval for this long, and returns the results. */
async function pollFor(totalMs: number, everyMs: number) {
  const statuses: number[] = []
  for (let passedMs = 0; passedMs < totalMs; passedMs += everyMs) {
    pass(everyMs)
    statuses.push((await poll()).status)
  }
  return new Set(statuses)
}

/** Lets the deadline of a task pass once the model has received the attempt, however long that takes. */
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

it('is reused for 15 minutes, with its age', async () => {
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

it('of a failure is reused for 30 seconds', async () => {
  agent = await startTestAgent()
  agent.model.fault({ kind: 'content_filter', times: 1 })
  expect((await poll()).status).toBe(503)
  pass(30 * SECOND_MS - 1)
  expect((await poll()).status).toBe(503)
  pass(1)
  expect((await poll()).status).toBe(200)
})

it('of a new process is never that of the process before', async () => {
  agent = await startTestAgent()
  expect((await poll()).status).toBe(200)
  agent.model.fault({ kind: 'content_filter', times: 1 })
  await agent.restart()
  expect((await poll()).status).toBe(503)
})

it('costs both slots less than its budget in a month, however often it is requested', { timeout: 60_000 }, async () => {
  agent = await startTestAgent()
  expect(await pollFor(60 * MINUTE_MS, 15 * SECOND_MS)).toEqual(new Set([200]))
  const costUsd = agent.model.totalCostNanos() / 1e9 / 4
  expect(agent.model.attempts).toHaveLength(4 * 2)
  expect(2 * CHECKS_A_MONTH * costUsd).toBeLessThan(readSettings({}).budget.healthLimitUsd)
})

it.each([
  ['at a tool', { mode: 'outage', tools: ['get_order'] }, undefined],
  // The cost of an aborted attempt is unknown, so it is charged in full.
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
    // The first failures are retried soon, the later ones as rarely as successful checks are repeated.
    expect(agent.model.attempts.length).toBeGreaterThan(10)
    expect(agent.model.attempts.length).toBeLessThanOrEqual(11 + 3 * 4)
  },
)

it('recovers within 30 seconds, however long the provider was unreachable, because that cost nothing', {
  timeout: 60_000,
}, async () => {
  agent = await startTestAgent()
  agent.model.fault({ kind: 'content_filter', times: 60 })
  expect(await pollFor(30 * MINUTE_MS, 30 * SECOND_MS)).toEqual(new Set([503]))
  pass(30 * SECOND_MS)
  expect((await poll()).status).toBe(200)
})

it.each([200, 503])('is not reused for longer when the clock is set back: %s', async (status) => {
  agent = await startTestAgent()
  const attempts = () => agent.model.attempts.length
  if (status === 503) agent.model.fault({ kind: 'content_filter', times: 1 })
  expect((await poll()).status).toBe(status)
  const before = attempts()
  pass(-24 * 60 * MINUTE_MS)
  expect(await poll()).toMatchObject({ status: 200, age: '0' })
  expect(attempts()).toBeGreaterThan(before)
})

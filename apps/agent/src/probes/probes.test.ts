import { afterEach, expect, it } from 'vitest'
import { startTestAgent, type TestAgent } from '../../test/support/test-agent.ts'

const PROBE_TOKEN = 'a-token-of-the-probes'

let agent: TestAgent
afterEach(() => agent.stop())

async function ask(token?: string) {
  const headers = token === undefined ? undefined : { authorization: `Bearer ${token}` }
  const response = await fetch(new URL('/health/ready', agent.url), { ...(headers && { headers }) })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

it('who carries the token gets a task of its own, and hears what this process has done', async () => {
  agent = await startTestAgent({ PROBE_TOKEN })
  await ask()
  const attempts = agent.model.attempts.length
  const { status, body } = await ask(PROBE_TOKEN)
  expect([status, agent.model.attempts.length]).toEqual([200, 2 * attempts])
  expect(body).toMatchObject({ outcomes: { tasks: 2, taskSuccess: 1, toolCalls: 2, toolSuccess: 1 }, synthetic: 'off' })
})

it.each([['none'], ['another', 'a-token-of-nobody'], ['the empty one', '']])(
  'who carries %s hears the last result and nothing else',
  async (_, token?: string) => {
    agent = await startTestAgent({ PROBE_TOKEN })
    await ask()
    const attempts = agent.model.attempts.length
    const { status, body } = await ask(token)
    expect([status, agent.model.attempts.length]).toEqual([200, attempts])
    expect(body).not.toHaveProperty('outcomes')
  },
)

it('a failure says whose it is', async () => {
  agent = await startTestAgent({ PROBE_TOKEN })
  agent.model.fault({ kind: 'unavailable', times: Number.POSITIVE_INFINITY, retryAfterMs: 1 })
  expect(await ask(PROBE_TOKEN)).toMatchObject({ status: 503, body: { code: 'not_ready', class: 'provider' } })
  agent.model.clearFaults()
  await agent.admin('POST', '/admin/chaos', { mode: 'outage', ttlMs: 60_000, tools: ['get_order'] })
  expect(await ask(PROBE_TOKEN)).toMatchObject({ status: 503, body: { code: 'not_ready', class: 'agent' } })
})

it('without money readiness is unknown, which is neither a yes nor a no and no sample', async () => {
  agent = await startTestAgent({ PROBE_TOKEN, HEALTH_BUDGET_USD: '0.000001' })
  expect(await ask(PROBE_TOKEN)).toMatchObject({
    status: 503,
    body: { code: 'readiness_unknown', reason: 'budget_exceeded', outcomes: { tasks: 0 } },
  })
})

/** What the agent says of the tasks that it asks itself, once it says that. */
async function synthetic(until: (said: Record<string, unknown>) => boolean) {
  for (;;) {
    const { body } = await ask(PROBE_TOKEN)
    if (until(body)) return body
  }
}

it('production asks itself tasks whose outcomes count, with money of their own', async () => {
  agent = await startTestAgent({ PROBE_TOKEN, SYNTHETIC_EVERY_MS: '1' })
  const spent = async () => {
    const { tenants } = (await (await agent.get('/api/tenants')).json()) as { tenants: { tenant: string }[] }
    return tenants.map(({ tenant }) => tenant)
  }
  while (!(await spent()).includes('synthetic')) await ask()
  expect(await synthetic(({ outcomes }) => (outcomes as { tasks: number }).tasks > 3)).toMatchObject({
    outcomes: { taskSuccess: 1 },
  })
})

it('and says when that money is gone', async () => {
  agent = await startTestAgent({ PROBE_TOKEN, SYNTHETIC_EVERY_MS: '1', SYNTHETIC_BUDGET_USD: '0.000001' })
  const body = await synthetic((said) => said['synthetic'] !== 'running')
  expect(body['synthetic']).toBe('out_of_money')
})

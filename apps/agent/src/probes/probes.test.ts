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

it('a probe with the token runs a task of its own, and gets the figures of this process', async () => {
  agent = await startTestAgent({ PROBE_TOKEN })
  await ask()
  const attempts = agent.model.attempts.length
  const { status, body } = await ask(PROBE_TOKEN)
  expect([status, agent.model.attempts.length]).toEqual([200, 2 * attempts])
  expect(body).toMatchObject({ outcomes: { tasks: 2, taskSuccess: 1, toolCalls: 2, toolSuccess: 1 }, synthetic: 'off' })
})

it.each([['none'], ['another', 'a-token-of-nobody'], ['the empty one', '']])(
  'a probe with the token %s gets the last result and nothing else',
  async (_, token?: string) => {
    agent = await startTestAgent({ PROBE_TOKEN })
    await ask()
    const attempts = agent.model.attempts.length
    const { status, body } = await ask(token)
    expect([status, agent.model.attempts.length]).toEqual([200, attempts])
    expect(body).not.toHaveProperty('outcomes')
  },
)

it('a failure has the class of who caused it', async () => {
  agent = await startTestAgent({ PROBE_TOKEN })
  agent.model.fault({ kind: 'unavailable', times: Number.POSITIVE_INFINITY, retryAfterMs: 1 })
  expect(await ask(PROBE_TOKEN)).toMatchObject({ status: 503, body: { code: 'not_ready', class: 'provider' } })
  agent.model.clearFaults()
  await agent.admin('POST', '/admin/chaos', { mode: 'outage', ttlMs: 60_000, tools: ['get_order'] })
  expect(await ask(PROBE_TOKEN)).toMatchObject({ status: 503, body: { code: 'not_ready', class: 'agent' } })
})

it('without budget readiness is unknown, and there is no sample', async () => {
  agent = await startTestAgent({ PROBE_TOKEN, HEALTH_BUDGET_USD: '0.000001' })
  expect(await ask(PROBE_TOKEN)).toMatchObject({
    status: 503,
    body: { code: 'readiness_unknown', reason: 'budget_exceeded', outcomes: { tasks: 0 } },
  })
})

/** The state of the synthetic tasks, once it is the expected one. */
async function synthetic(until: (said: Record<string, unknown>) => boolean) {
  for (;;) {
    const { body } = await ask(PROBE_TOKEN)
    if (until(body)) return body
  }
}

it('production runs synthetic tasks whose outcomes count, with a budget of their own', async () => {
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

it('synthetic tasks report when their budget is spent', async () => {
  agent = await startTestAgent({ PROBE_TOKEN, SYNTHETIC_EVERY_MS: '1', SYNTHETIC_BUDGET_USD: '0.000001' })
  const body = await synthetic((said) => said['synthetic'] !== 'running')
  expect(body['synthetic']).toBe('out_of_money')
})

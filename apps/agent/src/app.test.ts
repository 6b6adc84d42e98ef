import { afterEach, describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, startTestAgent, type TestAgent } from '../test/support/test-agent.ts'
import { readObjectives } from './objectives/index.ts'

let agent: TestAgent
afterEach(() => agent.stop())

describe('health', () => {
  it('says which process of which release answers, and asks no model', async () => {
    agent = await startTestAgent({ SLOT_NAME: 'staging', RELEASE: '2026.11.24-1' })
    const health = await (await agent.get('/health')).json()
    expect(health).toEqual({
      status: 'ok',
      instance: agent.instance.instance,
      slot: 'staging',
      release: '2026.11.24-1',
      promptVersion: 'support-v3',
    })
    expect(agent.model.attempts).toHaveLength(0)
  })

  it('runs one real task for all who ask at once, and for all who ask soon after', async () => {
    agent = await startTestAgent()
    const answers = await Promise.all(Array.from({ length: 20 }, () => agent.get('/health/ready')))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    await agent.get('/health/ready')
    expect(agent.model.attempts).toHaveLength(2)
  })

  it('pays for readiness from a budget of its own', async () => {
    agent = await startTestAgent()
    await agent.get('/health/ready')
    const { spentUsd } = (await (await agent.admin('GET', '/admin/budget/health')).json()) as { spentUsd: number }
    expect(spentUsd).toBe(agent.model.totalCostNanos() / 1e9)
  })

  it('is not ready when the task cannot be done', async () => {
    agent = await startTestAgent()
    await agent.admin('POST', '/admin/chaos', { mode: 'outage', ttlMs: 60_000, tools: ['get_order'] })
    const response = await agent.get('/health/ready')
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ code: 'not_ready' })
  })

  it('is ready with the prompt of a Friday, which breaks questions that the probe does not ask', async () => {
    agent = await startTestAgent({ PROMPT_VERSION: 'support-v4-friday' })
    expect((await agent.get('/health/ready')).status).toBe(200)
  })
})

describe('metrics', () => {
  it('counts tasks and money for Prometheus', async () => {
    agent = await startTestAgent()
    await agent.chat({ prompt: 'Where is my order ORD-1001?', tenant: 'contoso' })
    const text = await (await agent.get('/metrics')).text()
    expect(text).toMatch(/agent_task_success_total\{tenant="contoso".*\} 1/)
    expect(text).toMatch(/agent_cost_usd_total\{tenant="contoso",model="gpt-5.4-mini".*\} 0\.00/)
  })

  it('need the admin token where others can connect', async () => {
    agent = await startTestAgent({ HOST: '0.0.0.0' })
    expect((await agent.get('/metrics')).status).toBe(401)
    expect((await agent.get('/status')).status).toBe(401)
    expect((await agent.get('/api/overview')).status).toBe(401)
    expect((await agent.admin('GET', '/metrics')).status).toBe(200)
    expect((await agent.admin('GET', '/api/overview')).status).toBe(200)
  })
})

describe('the figures of the live page', () => {
  it.each(['constructor', '__proto__', 'toString'])(
    'counts for a tenant called %s as for any other',
    async (tenant) => {
      agent = await startTestAgent({ BUDGET_USD_PER_TENANT: '0.000001' })
      await agent.chat({ prompt: 'Where is my order ORD-1001?', tenant })
      const { tenants } = (await (await agent.get('/api/tenants')).json()) as {
        tenants: { tenant: string; tasks: number }[]
      }
      expect(tenants.map(({ tenant, tasks }) => [tenant, tasks])).toEqual([[tenant, 1]])
      const { decisions } = (await (await agent.get('/api/overview')).json()) as { decisions: { block: number } }
      expect(decisions.block).toBe(1)
    },
  )
})

describe('the objectives of the live page', () => {
  it.each([[undefined], ['27113']])('come from slo.yaml, with LATENCY_OBJECTIVE_MS of %s', async (latency) => {
    agent = await startTestAgent(latency === undefined ? {} : { LATENCY_OBJECTIVE_MS: latency })
    const page = JSON.parse(await (await agent.get('/api/overview')).text())
    const { taskSuccess, toolSuccess, costPerTaskUsd, latencyMs } = readObjectives()
    expect(page.tasks.judged.objective).toBe(taskSuccess)
    expect(page.tools.judged.objective).toBe(toolSuccess)
    expect(page.cost.judged.objective).toBe(costPerTaskUsd)
    expect(page.latency.judged.objective).toBe(Number(latency ?? latencyMs))
  })
})

describe('the figures and the metrics', () => {
  it('agree', async () => {
    agent = await startTestAgent()
    for (const prompt of [
      'Where is my order ORD-1001?',
      'Where is my order ORD-9999?',
      'What is your return policy?',
    ]) {
      await agent.chat({ prompt })
    }
    await agent.admin('POST', '/admin/chaos', { mode: 'outage', ttlMs: 60_000 })
    await agent.chat({ prompt: 'Where is my order ORD-1002?' })
    const metrics = await (await agent.get('/metrics')).text()
    const sum = (name: string, where = '') =>
      metrics
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`) && line.includes(where))
        .reduce((total, line) => total + Number(line.slice(line.lastIndexOf('} ') + 2).split(' ')[0]), 0)
    for (const window of ['5m', '24h']) {
      const { tasks, cost, tokens, tools } = JSON.parse(
        await (await agent.get(`/api/overview?window=${window}`)).text(),
      )
      expect(tasks.succeeded).toBe(sum('agent_task_success_total'))
      expect(tasks.ended - tasks.succeeded).toBe(sum('agent_task_failure_total'))
      expect(tasks.ended - tasks.succeeded).toBeGreaterThan(0)
      expect(cost.usd).toBeCloseTo(sum('agent_cost_usd_total'), 9)
      expect([tokens.input, tokens.output]).toEqual([sum('agent_tokens_in_total'), sum('agent_tokens_out_total')])
      for (const status of ['ok', 'fallback', 'error']) {
        expect(tools[status]).toBe(sum('agent_tool_success_total', `status="${status}"`))
      }
    }
  })
})

describe('the history', () => {
  it('survives a restart, which is marked, where the data folder does', async () => {
    agent = await startTestAgent()
    await agent.chat({ prompt: 'Where is my order ORD-1001?' })
    await agent.restart()
    const read = async (path: string) => JSON.parse(await (await agent.get(path)).text())
    const { tasks, marks, freshness } = await read('/api/overview?window=1h')
    expect([tasks.ended, freshness.keptIn]).toEqual([1, 'file'])
    expect(marks.map(({ kind }: { kind: string }) => kind)).toEqual(['start', 'start'])
    const [task] = (await read('/api/tasks')).tasks
    expect((await read(`/api/tasks/${task.id}`)).calls.length).toBeGreaterThan(1)
  })
})

describe('administration', () => {
  it('does not exist without a token', async () => {
    agent = await startTestAgent({ ADMIN_TOKEN: '' })
    expect((await agent.admin('GET', '/admin/chaos')).status).toBe(404)
  })

  it('refuses a mode that it does not know, and changes nothing', async () => {
    agent = await startTestAgent()
    expect((await agent.admin('POST', '/admin/chaos', { mode: 'earthquake' })).status).toBe(400)
    expect(await (await agent.admin('GET', '/admin/chaos')).json()).toEqual({ mode: 'off' })
  })

  it('refuses another token', async () => {
    agent = await startTestAgent()
    const headers = { authorization: `Bearer not-${ADMIN_TOKEN}` }
    expect((await fetch(new URL('/admin/chaos', agent.url), { headers })).status).toBe(401)
  })
})

describe('the ledger', () => {
  it('remembers over a restart what was spent', async () => {
    agent = await startTestAgent()
    await agent.chat({ prompt: 'Where is my order ORD-1001?', tenant: 'contoso' })
    await agent.restart()
    const { spentUsd } = (await (await agent.admin('GET', '/admin/budget/contoso')).json()) as { spentUsd: number }
    expect(spentUsd).toBe(agent.model.totalCostNanos() / 1e9)
  })
})

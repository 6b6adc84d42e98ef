import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { startScriptedModel } from '../../test/support/scripted-model.ts'
import { startTestAgent, type TestAgent } from '../../test/support/test-agent.ts'

let agent: TestAgent
afterEach(() => agent.stop())

const ORDER = 'Where is my order ORD-1001?'

/** The number of samples that the alert rules see, and of all failed tasks. */
async function samples() {
  const text = await (await agent.get('/metrics')).text()
  const sum = (name: string) =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)`, 'gm'))].reduce(
      (total, [, value]) => total + Number(value),
      0,
    )
  return {
    failed: sum('agent_task_failure_total'),
    outcomes: sum('agent_task_outcome_count'),
    successes: sum('agent_task_outcome_sum'),
    costs: sum('agent_task_cost_count'),
    toolOutcomes: sum('agent_tool_outcome_count'),
  }
}

/** Sends a request, and closes the connection before the model answers. */
async function askAndLeave(stream: boolean): Promise<void> {
  const leave = new AbortController()
  const body = JSON.stringify({ prompt: ORDER, stream })
  const headers = { 'content-type': 'application/json' }
  const left = fetch(new URL('/chat', agent.url), { method: 'POST', headers, body, signal: leave.signal })
  await agent.running(1)
  leave.abort()
  await expect(left).rejects.toThrow()
  await agent.running(0)
}

/** Reads the first bytes of an answer, then closes the connection. */
async function leaveDuringAnswer(): Promise<void> {
  const leave = new AbortController()
  const body = JSON.stringify({ prompt: 'Hello', stream: true })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(new URL('/chat', agent.url), { method: 'POST', headers, body, signal: leave.signal })
  await response.body!.getReader().read()
  leave.abort()
  await agent.running(0)
}

/** Starts a provider on loopback that handles every request with this function. */
async function startProvider(respond: (response: ServerResponse) => unknown): Promise<string> {
  const server = createServer((_request, response) => void respond(response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function beginAnswer(response: ServerResponse): void {
  const choices = [{ index: 0, delta: { content: 'It is' }, finish_reason: null }]
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(`data: ${JSON.stringify({ id: 'chatcmpl-1', model: 'gpt-5.4-mini', choices })}\n\n`)
}

function deploymentNotFound(response: ServerResponse): void {
  const error = { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' }
  response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
}

describe('the samples of the alert rules', () => {
  it.each([false, true])('omit a caller who disconnected (stream: %s)', async (stream) => {
    agent = await startTestAgent()
    agent.model.fault({ kind: 'hang', times: Number.POSITIVE_INFINITY })
    for (let caller = 0; caller < 3; caller++) await askAndLeave(stream)
    expect(await samples()).toEqual({ failed: 3, outcomes: 0, successes: 0, costs: 0, toolOutcomes: 0 })
  })

  it.each([false, true])(
    'include a caller who disconnected after waiting longer than the objective (stream: %s)',
    async (stream) => {
      agent = await startTestAgent({ LATENCY_OBJECTIVE_MS: '1' })
      agent.model.fault({ kind: 'hang', times: Number.POSITIVE_INFINITY })
      await askAndLeave(stream)
      expect(await samples()).toMatchObject({ failed: 1, outcomes: 1, successes: 0 })
    },
  )

  it('omit a caller who disconnects during an answer', async () => {
    agent = await startTestAgent({ LOCAL_MODEL_URL: await startProvider(beginAnswer) })
    for (let caller = 0; caller < 10; caller++) await leaveDuringAnswer()
    expect(await samples()).toEqual({ failed: 10, outcomes: 0, successes: 0, costs: 0, toolOutcomes: 0 })
  })

  it.each(['unavailable', 'rate_limit', 'server_error', 'reset', 'cut'] as const)(
    'omit a task whose provider failed (%s)',
    async (kind) => {
      agent = await startTestAgent()
      agent.model.fault({ kind, times: Number.POSITIVE_INFINITY, retryAfterMs: 1 })
      for (const stream of [false, true]) {
        const response = await agent.chat({ prompt: 'Tell me about returns', stream })
        expect(await response.text()).toMatch(/model_(unavailable|throttled)|stream_broken|malformed_response/)
      }
      expect(await samples()).toMatchObject({ failed: 2, outcomes: 0, costs: 0 })
    },
  )

  it('include every task of a release that requests a deployment that does not exist', async () => {
    agent = await startTestAgent({ LOCAL_MODEL_URL: await startProvider(deploymentNotFound) })
    for (const stream of [false, true]) expect((await agent.chat({ prompt: ORDER, stream })).status).toBe(502)
    expect(await samples()).toMatchObject({ failed: 2, outcomes: 2, successes: 0 })
  })

  it('omit a task that was refused because the budget of its tenant is spent', async () => {
    agent = await startTestAgent({ BUDGET_USD_PER_TENANT: '0.000001' })
    for (const stream of [false, true]) expect((await agent.chat({ prompt: ORDER, stream })).status).toBe(402)
    expect(await samples()).toEqual({ failed: 2, outcomes: 0, successes: 0, costs: 0, toolOutcomes: 0 })
  })

  it('include the tasks of a tenant until its budget is spent, and none after', async () => {
    agent = await startTestAgent({ BUDGET_USD_PER_TENANT: '0.004' })
    const statuses: number[] = []
    while (statuses.at(-1) !== 402 && statuses.length < 50) statuses.push((await agent.chat({ prompt: ORDER })).status)
    const answered = statuses.length - 1
    expect(new Set(statuses.slice(0, answered))).toEqual(new Set([200]))
    expect(await samples()).toMatchObject({ failed: 1, outcomes: answered, successes: answered, costs: answered })
  })

  it('omit an answer that was cut because the budget of its tenant was spent', async () => {
    agent = await startTestAgent({ BUDGET_USD_PER_TENANT: '0.006' })
    // The length of the questions varies what is left for the last call, until an answer is cut.
    const drain = async (tenant: string, words: number) => {
      const prompt = `What is your return policy? ${'x '.repeat(words)}`
      for (;;) {
        const response = await agent.chat({ prompt, tenant })
        const { outcome } = (await response.json()) as { outcome?: { reason?: string } }
        if (response.status === 402 || outcome?.reason) return outcome?.reason
      }
    }
    let reason: string | undefined
    for (let words = 0; words < 420 && reason === undefined; words += 7) reason = await drain(`t${words}`, words)
    expect(reason).toBe('budget_exceeded')
    const { outcomes, successes, costs } = await samples()
    expect([outcomes, costs]).toEqual([successes, successes])
  })

  it('include an answer that was cut although the budget could pay for the rest', async () => {
    const model = await startScriptedModel([{ content: 'It is on its', finish_reason: 'length' }])
    agent = await startTestAgent({ LOCAL_MODEL_URL: model.url })
    const response = await agent.chat({ prompt: 'Hello' })
    expect(await response.json()).toMatchObject({ outcome: { reason: 'truncated_answer' } })
    expect(await samples()).toMatchObject({ failed: 1, outcomes: 1, successes: 0 })
  })

  it.each([false, true])(
    'omit an answer that the provider filtered, and never report it as completed (stream: %s)',
    async (stream) => {
      agent = await startTestAgent()
      agent.model.fault({ kind: 'content_filter_stream', times: 2 })
      for (const prompt of [ORDER, 'Hello']) {
        const text = await (await agent.chat({ prompt, stream })).text()
        expect(text).toContain('"outcome":{"status":"failed","reason":"content_filter"}')
      }
      expect(await samples()).toEqual({ failed: 2, outcomes: 0, successes: 0, costs: 0, toolOutcomes: 0 })
    },
  )

  it.each(['', 'the red tent', '1001', 'ORD-9999', 'unknown'])(
    'include no failed tool call for an order that does not exist: "%s"',
    async (orderId) => {
      agent = await startTestAgent()
      agent.model.enqueue({ toolCalls: [{ name: 'get_order', arguments: JSON.stringify({ orderId }) }] })
      const response = await agent.chat({ prompt: 'Where is my order?' })
      expect(await response.json()).toMatchObject({ outcome: { status: 'completed' }, repairs: 0 })
      expect(await samples()).toMatchObject({ failed: 0, outcomes: 1, successes: 1, toolOutcomes: 1 })
      expect(await (await agent.get('/metrics')).text()).toMatch(/^agent_tool_outcome_sum\{.*\} 1$/m)
    },
  )

  it('include every task that failed because of the agent, and every one that succeeded', async () => {
    agent = await startTestAgent()
    await agent.chat({ prompt: ORDER })
    await agent.admin('POST', '/admin/chaos', { mode: 'outage', ttlMs: 60_000, tools: ['get_order'] })
    expect((await agent.chat({ prompt: ORDER })).status).toBe(503)
    await agent.admin('POST', '/admin/chaos', { mode: 'malformed', ttlMs: 60_000 })
    expect((await agent.chat({ prompt: ORDER })).status).toBe(502)
    expect(await samples()).toEqual({ failed: 2, outcomes: 3, successes: 1, costs: 3, toolOutcomes: 2 })
  })
})

import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { createLlmOps, type LlmOpsOptions, type OpsEvent, ToolUnavailable } from '../index.ts'

const PROMPT = 'My diagnosis is an uncommon one, and my sister does not know of it yet.'
const ANSWER = 'Then let us talk about how you might tell her of what you have.'
const KEY = 'sk-proj-4fK29dLq8ZxW1mN7'

const answer = { role: 'assistant', content: ANSWER }
const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o-mini-2024-07-18',
  choices: [{ index: 0, finish_reason: 'stop', message: answer }],
  usage: { prompt_tokens: 20, completion_tokens: 12, total_tokens: 32 },
}
const answers = () => Response.json(completion)
const fails = (status: number, message: string, headers = {}) =>
  Response.json({ error: { message, type: 'error', code: null } }, { status, headers })

const streamed = (...events: readonly object[]) =>
  new Response(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''), {
    headers: { 'content-type': 'text/event-stream' },
  })

/** An agent whose provider gives these responses, one for each request; what is told of it, and its client. */
function agent(responses: readonly (() => Response | Promise<Response>)[], options: LlmOpsOptions = {}) {
  let asked = 0
  const provider = async () => responses[Math.min(asked++, responses.length - 1)]!()
  const ops = createLlmOps({ defaultTenant: 'fabrikam', fetch: provider as typeof fetch, ...options })
  const events: OpsEvent[] = []
  const troubles: OpsEvent[] = []
  ops.events.subscribe((event) => events.push(event))
  ops.events.subscribe((event) => troubles.push(event), 'trouble')
  const openai = new OpenAI({ apiKey: KEY, baseURL: 'http://127.0.0.1:9/v1', maxRetries: 0, fetch: ops.fetch })
  const ask = (more: object = {}) =>
    openai.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: PROMPT }],
      max_tokens: 50,
      ...more,
    })
  return { ops, openai, ask, events, troubles }
}

const typesOf = (events: readonly OpsEvent[]) => events.map(({ type }) => type)
const lastCall = (events: readonly OpsEvent[]) => events.findLast((event) => event.type === 'model_call_ended')!
const lastTask = (events: readonly OpsEvent[]) => events.findLast((event) => event.type === 'task_ended')!

describe('the events of an agent', () => {
  it('contain a task, its model calls and its tool calls, in order, without their content', async () => {
    const { ops, ask, events, troubles } = agent([answers])
    const lookup = ops.tool({
      name: 'lookup',
      description: 'Looks up',
      effect: 'read',
      parameters: { type: 'object', properties: { who: { type: 'string' }, age: { type: 'integer' } } },
      run: ({ who }) => `${who} is well`,
    })
    await ops.task(
      { tenant: 'contoso', scopes: { user: 'ada' }, name: 'helper', id: 'task-1', conversationId: 'c-7' },
      async () => {
        await ask()
        await ops.task({ id: 'inner' }, () => lookup.call('{"who": "Grace Hopper", "age": "41",}'))
      },
    )
    expect(typesOf(events)).toEqual([
      'task_began',
      'model_call_began',
      'model_call_ended',
      'tool_call_ended',
      'task_ended',
    ])
    expect(events[2]).toMatchObject({
      taskId: 'task-1',
      tenant: 'contoso',
      provider: 'openai',
      operation: 'chat',
      requestedModel: 'gpt-4o-mini',
      model: 'gpt-4o-mini',
      responseModel: 'gpt-4o-mini-2024-07-18',
      outcome: 'completed',
      status: 200,
      attempts: [{ target: '127.0.0.1:9', outcome: 'answered', status: 200 }],
      inputTokens: 20,
      outputTokens: 12,
      costUsd: 0.0000102,
      unknownUsd: 0,
      budget: 'allow',
      finishReasons: ['stop'],
      errors: [],
    })
    // The tool was called in a nested task, which is part of the outermost.
    expect(events[3]).toMatchObject({
      taskId: 'task-1',
      tool: 'lookup',
      status: 'ok',
      repairs: ['spelling', 'coercion'],
      answeredBy: 'lookup',
    })
    expect(events[4]).toMatchObject({
      taskId: 'task-1',
      name: 'helper',
      scopes: { user: 'ada' },
      conversationId: 'c-7',
      outcome: 'success',
      totals: { modelCalls: 1, toolCalls: 1, inputTokens: 20, costUsd: 0.0000102 },
    })
    expect(troubles).toEqual([])
    const told = JSON.stringify(events)
    for (const secret of [PROMPT, ANSWER, 'Grace', KEY]) expect(told).not.toContain(secret)
  })

  it('are plain: JSON holds all of each', async () => {
    const { ops, ask, events } = agent([() => fails(500, 'Down.')])
    await ops.task({ tenant: 'contoso' }, () => ask()).catch(() => {})
    for (const event of events) expect(JSON.parse(JSON.stringify(event))).toEqual(event)
  })

  it('contain the provider’s own sentence of a refusal, the task that failed by it, and the class of the failure', async () => {
    const { ops, ask, troubles } = agent([() => fails(429, 'Rate limit reached for requests per minute.')])
    await ops.task({ tenant: 'contoso' }, () => ask()).catch(() => {})
    expect(lastCall(troubles)).toMatchObject({
      outcome: 'failed',
      status: 429,
      code: 'http_429',
      class: 'provider',
      sentence: 'Rate limit reached for requests per minute.',
    })
    expect(lastTask(troubles)).toMatchObject({
      outcome: 'failure',
      reason: 'http_429',
      class: 'provider',
      errors: [{ name: 'Error', status: 429, message: '429 Rate limit reached for requests per minute.' }],
    })
  })

  it('contain nothing that a provider quotes of the request, there and in the errors of its SDK', async () => {
    const quoting = () =>
      fails(422, `Input should be shorter: {'role': 'user', 'content': '${PROMPT}'} with key ${KEY}`)
    const { ops, ask, events } = agent([quoting])
    await ops.task({ tenant: 'contoso' }, () => ask()).catch(() => {})
    expect(lastCall(events).sentence).toBe(
      "Input should be shorter: {'role': 'user', 'content': '[…]'} with key [redacted]",
    )
    expect(lastTask(events).errors[0]!.message).toContain(
      "422 Input should be shorter: {'role': 'user', 'content': '[…]'}",
    )
    expect(JSON.stringify(events)).not.toMatch(/diagnosis|4fK29/)
  })

  it('contain what the budget decided: clamp, then downshift, then block', async () => {
    const budget = { limitUsd: 0.01, noticeShares: [0.8], downshift: { at: 0.5, to: { 'gpt-4o': 'gpt-4o-mini' } } }
    const { ops, ask, troubles } = agent([answers], { budget })
    const decided: unknown[] = []
    for (const spentUsd of [0.0047, 0.002, 0.01]) {
      await ops.budget!.charge({ tenant: 'fabrikam', usd: spentUsd, reason: 'test' })
      await ask({ model: 'gpt-4o', max_tokens: 1000 }).catch(() => {})
      const { budget, model, requestedModel, outcome, code } = lastCall(troubles)
      decided.push({ budget, model, requestedModel, outcome, code })
    }
    expect(decided).toMatchObject([
      { budget: 'clamp', model: 'gpt-4o', outcome: 'completed' },
      { budget: 'downshift', model: 'gpt-4o-mini', requestedModel: 'gpt-4o', outcome: 'completed' },
      { budget: 'block', outcome: 'refused', code: 'budget_exceeded' },
    ])
    expect(lastCall(troubles)).toMatchObject({ attempts: [], sentence: expect.stringContaining('tenant:fabrikam') })
    expect(troubles).toContainEqual(expect.objectContaining({ type: 'decision', kind: 'budget_notice', share: 0.8 }))
  })

  it('contain each attempt of a route, with the pause after it', async () => {
    const target = (name: string) => ({ name, model: 'gpt-4o-mini', baseUrl: 'http://127.0.0.1:9/v1' })
    const route = { targets: [target('near'), target('far')], retriesPerTarget: 1, backoffMs: 1 }
    const responses = [() => fails(503, 'Busy.'), () => Promise.reject(new TypeError('fetch failed')), answers]
    const { ask, troubles } = agent(responses, { route })
    await ask()
    const { attempts, outcome } = lastCall(troubles)
    expect(outcome).toBe('completed')
    expect(attempts).toMatchObject([
      { target: 'near', outcome: 'retry', status: 503, delayMs: expect.any(Number) },
      { target: 'near', outcome: 'retry', errors: [{ name: 'TypeError', message: 'fetch failed' }] },
      { target: 'far', outcome: 'answered', status: 200 },
    ])
  })

  it('label what chaos touched', async () => {
    const { ops, ask, troubles } = agent([answers])
    ops.chaos.set({ mode: 'throttle', probability: 1, ttlMs: 60_000 })
    await ask().catch(() => {})
    expect(lastCall(troubles)).toMatchObject({ fault: 'throttle', code: 'chaos_throttled' })
  })

  it('report a stream that was cut, and report no failure if its caller left', async () => {
    const piece = { model: 'gpt-4o-mini', choices: [{ index: 0, delta: { content: 'Then' } }] }
    const { ask, events, troubles } = agent([() => streamed(piece)])
    const read = async () => {
      for await (const _ of (await ask({ stream: true })) as unknown as AsyncIterable<unknown>);
    }
    await read().catch(() => {})
    expect(lastCall(troubles)).toMatchObject({ outcome: 'broken', code: 'stream_broken', isStream: true })
    const heard = troubles.length
    const stream = (await ask({ stream: true })) as unknown as { controller: AbortController }
    stream.controller.abort()
    await new Promise(setImmediate)
    expect(lastCall(events)).toMatchObject({ outcome: 'aborted' })
    expect(troubles.length).toBe(heard)
  })

  it('contain a tool that fell back and one that failed, with the causes and without the arguments', async () => {
    const { ops, troubles } = agent([answers])
    const described = { description: 'Does', parameters: { type: 'object' as const } }
    const fallsBack = ops.tool({
      ...described,
      name: 'falls_back',
      effect: 'read',
      run: () => Promise.reject(new ToolUnavailable('no route to Grace Hopper')),
      fallbacks: [() => 'yes'],
    })
    await fallsBack.call({ who: 'Grace Hopper' })
    const fails = ops.tool({
      ...described,
      name: 'fails',
      run: (args) => {
        throw new Error(`cannot reach ${JSON.stringify(args)}`, { cause: new Error('ECONNREFUSED') })
      },
    })
    await fails.call('{"who": "Grace Hopper"}').catch(() => {})
    expect(troubles).toMatchObject([
      {
        tool: 'falls_back',
        status: 'fallback',
        fallbacks: [{ errors: [{ message: 'no route to […] is unavailable.' }] }],
      },
      { tool: 'fails', status: 'error', class: 'agent', effect: 'effect' },
    ])
    expect(JSON.stringify(troubles[1])).toContain('ECONNREFUSED')
    expect(JSON.stringify(troubles)).not.toContain('Grace')
  })

  it('contain what is refused before any layer, and what passes without a price', async () => {
    const { ops, events } = agent([answers], { modelHosts: ['127.0.0.1'], unknownEndpoints: 'pass' })
    const nobody = createLlmOps({ fetch: (async () => answers()) as unknown as typeof fetch })
    nobody.events.subscribe((event) => events.push(event), 'trouble')
    const init = { method: 'POST', body: JSON.stringify({ model: 'gpt-4o', messages: [] }) }
    await nobody.fetch('http://127.0.0.1:9/v1/chat/completions', init)
    await ops.fetch('http://127.0.0.1:9/v1/videos', init)
    expect(events).toMatchObject([
      { type: 'decision', kind: 'refused', code: 'no_tenant', sentence: expect.stringContaining('No tenant pays') },
      { type: 'decision', kind: 'ungoverned', tenant: 'fabrikam', sentence: expect.stringContaining('/videos') },
    ])
  })

  it('are not affected by a listener that throws, and are not sent to a removed listener', async () => {
    const { ops, ask, events } = agent([answers])
    const heard: string[] = []
    const leave = ops.events.subscribe(({ type }) => {
      heard.push(type)
      leave()
      throw new Error('mine')
    })
    await ask()
    expect(heard).toEqual(['model_call_began'])
    expect(typesOf(events)).toEqual(['model_call_began', 'model_call_ended'])
  })
})

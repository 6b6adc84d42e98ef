import { metrics } from '@opentelemetry/api'
import { afterEach, describe, expect, it } from 'vitest'
import { completion, modelCall, modelResult } from '../../test/support/model-call.ts'
import { RecordedTelemetry } from '../../test/support/recorded-telemetry.ts'
import { createSli } from './create-sli.ts'

afterEach(() => metrics.disable())

function recorded(options: Parameters<typeof createSli>[0] = {}) {
  const telemetry = new RecordedTelemetry()
  return { telemetry, sli: createSli({ meter: telemetry.meter, ...options }) }
}

describe('the instruments of an agent', () => {
  it('have the names and units that dashboards and alerts are built on', async () => {
    const { telemetry, sli } = recorded()
    sli.recordCost('gpt-4o', { inputTokens: 1, outputTokens: 1 }, 'contoso')
    sli.taskEnded({ tenant: 'contoso', outcome: 'success', latencyMs: 1, costUsd: 0 })
    sli.taskEnded({ tenant: 'contoso', outcome: { failure: 'no_answer' }, latencyMs: 1, costUsd: 0 })
    sli.toolCallEnded('lookup', 'ok', 1)
    sli.repairRetried(1)
    sli.repairedFreely('spelling')
    sli.downshifted('contoso')
    sli.budgetBreached('contoso', 'block')
    sli.budgetNoticed('contoso', 'tenant', 0.8)
    sli.chaosInjected('outage')

    const units = (await telemetry.metrics()).map(({ descriptor: { name, unit } }) => `${name} ${unit}`)
    expect(units.sort()).toEqual([
      'agent.budget.breach {call}',
      'agent.budget.notice {notice}',
      'agent.chaos.injected {fault}',
      'agent.cost.usd USD',
      'agent.model.downshift {call}',
      'agent.repair.free {repair}',
      'agent.repair.retry {retry}',
      'agent.task.cost USD',
      'agent.task.failure {task}',
      'agent.task.latency s',
      'agent.task.outcome 1',
      'agent.task.success {task}',
      'agent.tokens.in {token}',
      'agent.tokens.out {token}',
      'agent.tool.outcome 1',
      'agent.tool.success {call}',
    ])
  })

  it('record the price of the public list, by tenant and model', async () => {
    const { telemetry, sli } = recorded()
    const usage = { inputTokens: 10_000, cachedInputTokens: 4000, outputTokens: 500 }
    expect(sli.recordCost('gpt-4o-mini', usage, 'contoso')).toBe(0.0015)

    const attributes = { tenant: 'contoso', model: 'gpt-4o-mini' }
    expect(await telemetry.points('agent.cost.usd')).toEqual([{ attributes, value: 0.0015 }])
    expect(await telemetry.points('agent.tokens.in')).toEqual([{ attributes, value: 10_000 }])
    expect(await telemetry.points('agent.tokens.out')).toEqual([{ attributes, value: 500 }])
  })

  it('say why a task failed, and give the success ratio as a mean', async () => {
    const { telemetry, sli } = recorded()
    for (const outcome of ['success', 'success', 'success', { failure: 'no_answer' }] as const) {
      sli.taskEnded({ tenant: 'contoso', outcome, latencyMs: 250, costUsd: 0.5 })
    }

    const tenant = { tenant: 'contoso' }
    expect(await telemetry.points('agent.task.success')).toEqual([{ attributes: tenant, value: 3 }])
    expect(await telemetry.points('agent.task.failure')).toEqual([
      { attributes: { ...tenant, reason: 'no_answer', class: 'agent' }, value: 1 },
    ])
    expect(await telemetry.points('agent.task.outcome')).toEqual([{ attributes: tenant, value: { sum: 3, count: 4 } }])
    expect(await telemetry.points('agent.task.latency')).toEqual([{ attributes: tenant, value: { sum: 1, count: 4 } }])
    expect(await telemetry.points('agent.task.cost')).toEqual([{ attributes: tenant, value: { sum: 2, count: 4 } }])
  })

  it('separate a tool that answered from one that was replaced and one that failed', async () => {
    const { telemetry, sli } = recorded()
    sli.toolCallEnded('lookup', 'ok', 5)
    sli.toolCallEnded('lookup', 'fallback', 5)
    sli.toolCallEnded('lookup', 'error', 5, 'no_tool_available')

    expect(await telemetry.points('agent.tool.success')).toEqual([
      { attributes: { tool: 'lookup', status: 'ok' }, value: 1 },
      { attributes: { tool: 'lookup', status: 'fallback' }, value: 1 },
      { attributes: { tool: 'lookup', status: 'error', 'error.type': 'no_tool_available' }, value: 1 },
    ])
  })

  it('give the ratio of answered tool calls as a mean, an answer of a fallback included', async () => {
    const { telemetry, sli } = recorded()
    for (const status of ['ok', 'fallback', 'ok'] as const) sli.toolCallEnded('lookup', status, 5)
    sli.toolCallEnded('lookup', 'error', 5, 'no_tool_available')

    const attributes = { tool: 'lookup' }
    expect(await telemetry.points('agent.tool.outcome')).toEqual([{ attributes, value: { sum: 3, count: 4 } }])
  })
})

describe('a model call', () => {
  it('is recorded with what it was charged, not with what a list says', async () => {
    const { telemetry, sli } = recorded()
    sli.modelCallEnded(modelCall(), modelResult(), completion(), 800)
    expect(await telemetry.points('agent.cost.usd')).toEqual([
      { attributes: { tenant: 'contoso', model: 'gpt-4o' }, value: 0.0025 },
    ])
  })

  it('is recorded under the model that was asked after a downshift', async () => {
    const { telemetry, sli } = recorded()
    sli.modelCallEnded(modelCall(), modelResult({ model: 'gpt-4o-mini' }), completion(), 800)
    expect((await telemetry.points('agent.tokens.in'))[0]?.attributes).toEqual({
      tenant: 'contoso',
      model: 'gpt-4o-mini',
    })
  })

  it('that we refused ourselves leaves no trace in the metrics of models', async () => {
    const { telemetry, sli } = recorded()
    sli.modelCallEnded(modelCall(), modelResult(), completion({ status: 'refused' }), 0)
    expect(await telemetry.metrics()).toEqual([])
  })
})

describe('the GenAI conventions', () => {
  const common = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'azure.ai.openai',
    'gen_ai.request.model': 'gpt-4o',
  }

  async function namesEmitted(genAiConventions: 'current' | 'latest' | 'both') {
    const { telemetry, sli } = recorded({ genAiConventions })
    sli.modelCallEnded(modelCall(), modelResult(), completion({ timeToFirstTokenMs: 120 }), 800)
    sli.taskEnded({ tenant: 'contoso', outcome: 'success', latencyMs: 1, costUsd: 0, modelCalls: 1, toolCalls: 0 })
    sli.toolCallEnded('lookup', 'ok', 5)
    const names = (await telemetry.metrics()).map(({ descriptor: { name, unit } }) => `${name} ${unit}`)
    return names.filter((name) => name.startsWith('gen_ai')).sort()
  }

  const current = [
    'gen_ai.client.operation.duration s',
    'gen_ai.client.operation.time_to_first_chunk s',
    'gen_ai.client.token.usage {token}',
  ]
  const latest = [
    'gen_ai.client.inference.duration s',
    'gen_ai.client.inference.time_to_first_chunk s',
    'gen_ai.client.inference.usage.cache_read.input_tokens {token}',
    'gen_ai.client.inference.usage.input_tokens {token}',
    'gen_ai.client.inference.usage.output_tokens {token}',
    'gen_ai.client.inference.usage.reasoning.output_tokens {token}',
    'gen_ai.execute_tool.duration s',
    'gen_ai.invoke_agent.duration s',
    'gen_ai.invoke_agent.inference_calls {inference_call}',
    'gen_ai.invoke_agent.tool_calls {tool_call}',
  ]

  it('are those that today’s tools read, unless asked otherwise', async () => {
    expect(await namesEmitted('current')).toEqual(current)
  })

  it('can be the newest ones', async () => {
    expect(await namesEmitted('latest')).toEqual(latest)
  })

  it('can be both, for the time of a move', async () => {
    expect(await namesEmitted('both')).toEqual([...current, ...latest].sort())
  })

  it('split tokens into input and output', async () => {
    const { telemetry, sli } = recorded()
    sli.modelCallEnded(modelCall(), modelResult(), completion(), 800)
    expect(await telemetry.points('gen_ai.client.token.usage')).toEqual([
      { attributes: { ...common, 'gen_ai.token.type': 'input' }, value: { sum: 1200, count: 1 } },
      { attributes: { ...common, 'gen_ai.token.type': 'output' }, value: { sum: 80, count: 1 } },
    ])
  })

  it('give the status of the provider as the type of error', async () => {
    const { telemetry, sli } = recorded()
    sli.modelCallEnded(modelCall(), modelResult({ status: 429 }), completion({ status: 'failed' }), 800)
    expect(await telemetry.points('gen_ai.client.operation.duration')).toEqual([
      { attributes: { ...common, 'error.type': '429' }, value: { sum: 0.8, count: 1 } },
    ])
  })
})

describe('values from outside', () => {
  it('past the limit of tenants become one series', async () => {
    const { telemetry, sli } = recorded({ maxTenants: 2 })
    for (const tenant of ['a', 'b', 'c', 'd', 'a']) sli.downshifted(tenant)
    expect(await telemetry.points('agent.model.downshift')).toEqual([
      { attributes: { tenant: 'a' }, value: 2 },
      { attributes: { tenant: 'b' }, value: 1 },
      { attributes: { tenant: 'other' }, value: 2 },
    ])
  })

  it('share one limit across instruments, so that a tenant is not shown by name in one and hidden in another', async () => {
    const { telemetry, sli } = recorded({ maxTenants: 1 })
    sli.downshifted('a')
    sli.budgetBreached('b', 'block')
    expect((await telemetry.points('agent.budget.breach'))[0]?.attributes).toEqual({
      tenant: 'other',
      decision: 'block',
    })
  })

  it('do not hide what a budget decided', async () => {
    const { telemetry, sli } = recorded()
    for (const decision of ['clamp', 'downshift', 'block'] as const) sli.budgetBreached('a', decision)
    const points = await telemetry.points('agent.budget.breach')
    expect(points.map(({ attributes }) => attributes['decision'])).toEqual(['clamp', 'downshift', 'block'])
  })

  it('are bounded for models, tools and reasons too', async () => {
    const { telemetry, sli } = recorded({ maxModels: 2, maxTools: 2 })
    for (let index = 0; index < 200; index++) {
      sli.recordCost('gpt-4o', { inputTokens: 1, outputTokens: 1 }, 'a')
      sli.modelCallEnded(modelCall({ model: `m${index}` }), undefined, completion(), 1)
      sli.toolCallEnded(`t${index}`, 'error', 1, `e${index}`)
      sli.taskEnded({ tenant: 'a', outcome: { failure: `r${index}` }, latencyMs: 1, costUsd: 0 })
    }
    expect((await telemetry.points('agent.cost.usd')).map(({ attributes }) => attributes['model'])).toEqual([
      'gpt-4o',
      'm0',
      'other',
    ])
    const tools = (await telemetry.points('agent.tool.success')).map(({ attributes }) => attributes)
    expect(new Set(tools.map((attributes) => attributes['tool']))).toEqual(new Set(['t0', 't1', 'other']))
    expect(new Set(tools.map((attributes) => attributes['error.type'])).size).toBe(101)
    expect(await telemetry.points('agent.task.failure')).toHaveLength(101)
  })

  it('that are very long are not kept', async () => {
    const { telemetry, sli } = recorded()
    sli.taskEnded({ tenant: 'a', outcome: { failure: 'x'.repeat(300) }, latencyMs: 1, costUsd: 0 })
    expect((await telemetry.points('agent.task.failure'))[0]?.attributes['reason']).toBe('other')
  })
})

describe('the global meter', () => {
  it('is found even when it is registered after the SLIs were made', async () => {
    const sli = createSli()
    sli.downshifted('before')
    const telemetry = new RecordedTelemetry()
    metrics.setGlobalMeterProvider(telemetry.meterProvider)
    sli.downshifted('after')
    expect(await telemetry.points('agent.model.downshift')).toEqual([{ attributes: { tenant: 'after' }, value: 1 }])
  })

  it('may be missing altogether', () => {
    expect(createSli().recordCost('gpt-4o-mini', { inputTokens: 1000, outputTokens: 0 }, 'contoso')).toBe(0.00015)
  })
})

it.each([
  [{ maxTenants: 0 }, '`maxTenants` must be a whole number from 1, got 0.'],
  [{ maxModels: 1.5 }, '`maxModels` must be a whole number from 1, got 1.5.'],
  [
    { genAiConventions: 'newest' as 'latest' },
    "`genAiConventions` must be one of current, latest, both, got 'newest'.",
  ],
])('an option that cannot be used is named (%o)', (options, message) => {
  expect(() => createSli(options)).toThrow(message)
})

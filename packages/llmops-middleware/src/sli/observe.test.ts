import { once } from 'node:events'
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { completion, modelCall, modelResult } from '../../test/support/model-call.ts'
import { RecordedTelemetry, useAsyncContext } from '../../test/support/recorded-telemetry.ts'
import { ClientDisconnectedError } from '../client-disconnected-error.ts'
import { DeadlineExceededError } from '../deadline-exceeded-error.ts'
import type { Completion, ModelResult } from '../model/index.ts'
import { RepairFailedError } from '../repair/index.ts'
import { createTaskRunner, currentTask, type Task } from '../task.ts'
import { NoToolAvailable, type ToolCall, type ToolResult } from '../tool/index.ts'
import { createSli } from './create-sli.ts'
import { observeModel } from './observe-model.ts'
import { observeTask } from './observe-task.ts'
import { observeTool } from './observe-tool.ts'

beforeAll(useAsyncContext)
afterAll(() => context.disable())

/** A clock that only moves when told. */
function setUp() {
  const telemetry = new RecordedTelemetry()
  let nowMs = 0
  const sli = createSli({ meter: telemetry.meter })
  const options = { tracer: telemetry.tracer, now: () => nowMs }
  return {
    telemetry,
    pass: (ms: number) => {
      nowMs += ms
    },
    task: createTaskRunner({ observe: observeTask(sli, options) }),
    model: observeModel(sli, options),
    tool: observeTool(sli, options),
  }
}

function toolCall(changes: Partial<ToolCall> = {}): ToolCall {
  return {
    id: 'call_1',
    tool: 'lookup',
    idempotencyKey: 'no-task:lookup:call_1',
    effect: 'read',
    args: {},
    writtenBy: 'model',
    tenant: 'contoso',
    task: currentTask(),
    signal: new AbortController().signal,
    ...changes,
  }
}

const answered: ToolResult = { value: 'Paris', status: 'ok', answeredBy: 'webSearch' }

describe('a task', () => {
  it('that returns is a success with its latency', async () => {
    const { telemetry, task, pass } = setUp()
    await task({ tenant: 'contoso', name: 'support' }, () => pass(1500))
    expect(await telemetry.points('agent.task.success')).toEqual([{ attributes: { tenant: 'contoso' }, value: 1 }])
    expect((await telemetry.points('agent.task.latency'))[0]?.value).toEqual({ sum: 1.5, count: 1 })
    expect(telemetry.spans.map(({ name }) => name)).toEqual(['invoke_agent support'])
  })

  it('that says it failed is a failure, though it returned', async () => {
    const { telemetry, task } = setUp()
    await task({ tenant: 'contoso' }, (task) => task.fail('no_answer'))
    expect((await telemetry.points('agent.task.failure'))[0]?.attributes).toEqual({
      tenant: 'contoso',
      reason: 'no_answer',
      class: 'agent',
    })
    const [span] = telemetry.spans
    expect(span?.status.code).toBe(SpanStatusCode.ERROR)
    expect(span?.attributes['error.type']).toBe('no_answer')
  })

  it('that throws is a failure, and the caller gets the error', async () => {
    const { telemetry, task } = setUp()
    const error = Object.assign(new Error('out of money'), { code: 'budget_exceeded' })
    await expect(task({ tenant: 'contoso' }, () => Promise.reject(error))).rejects.toBe(error)
    expect((await telemetry.points('agent.task.failure'))[0]?.attributes['reason']).toBe('budget_exceeded')
    expect(telemetry.spans[0]?.events[0]?.name).toBe('exception')
  })

  it('is the parent of the calls made in it, and knows what they cost', async () => {
    const { telemetry, task, model, tool } = setUp()
    await task({ tenant: 'contoso', id: 't1' }, async () => {
      await (await model(modelCall({ task: currentTask() }), async () => modelResult())).completion
      await tool(toolCall(), async () => ({ ...answered, status: 'fallback' }))
    })

    const [chat, lookup, agent] = telemetry.spans
    expect([chat?.name, lookup?.name, agent?.name]).toEqual([
      'chat gpt-4o',
      'execute_tool lookup',
      'invoke_agent agent',
    ])
    expect(chat?.parentSpanContext?.spanId).toBe(agent?.spanContext().spanId)
    expect(lookup?.parentSpanContext?.spanId).toBe(agent?.spanContext().spanId)
    expect(agent?.attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'agent.task.id': 't1',
      'agent.tenant': 'contoso',
      'agent.cost.usd': 0.0025,
      'agent.model.calls': 1,
      'agent.tool.calls': 1,
      'agent.fallbacks': 1,
      'gen_ai.usage.input_tokens': 1200,
      'gen_ai.usage.output_tokens': 80,
    })
    expect((await telemetry.points('agent.task.cost'))[0]?.value).toEqual({ sum: 0.0025, count: 1 })
  })
})

/** What the alert rules read. */
const outcomes = async (telemetry: RecordedTelemetry) => ({
  tasks: await telemetry.points('agent.task.outcome'),
  tools: await telemetry.points('agent.tool.outcome'),
  cost: await telemetry.points('agent.task.cost'),
})
const NOTHING = { tasks: [], tools: [], cost: [] }

/** A task that waits in a tool until its signal is aborted, as `abort` does it. */
async function abortedIn(setup: ReturnType<typeof setUp>, abort: (task: Task, signal: AbortController) => unknown) {
  const caller = new AbortController()
  const running = setup.task({ tenant: 'contoso', signal: caller.signal }, async (task) => {
    const call = toolCall({ signal: task.signal })
    const answer = setup.tool(call, async () => {
      await once(task.signal, 'abort')
      // A client of some service, which tells of an abort in its own words.
      throw Object.assign(new Error('canceled'), { code: 'ERR_CANCELED' })
    })
    abort(task, caller)
    await answer
  })
  await running.catch(() => {})
}

describe('what callers do is no failure of the agent', () => {
  it.each<[string, string, (task: Task, caller: AbortController) => unknown]>([
    ['leaves', 'aborted', (_, caller) => caller.abort()],
    ['leaves in words of its own', 'aborted', (_, caller) => caller.abort(new Error('socket hang up'))],
    ['closes the connection', 'client_disconnected', (task) => task.abort(new ClientDisconnectedError(task.id))],
  ])('when a caller %s: no outcome of a task or a tool, and no cost', async (_, reason, leave) => {
    const setup = setUp()
    await abortedIn(setup, leave)
    expect(await outcomes(setup.telemetry)).toEqual(NOTHING)
    expect(await setup.telemetry.points('agent.task.failure')).toEqual([
      { attributes: { tenant: 'contoso', reason, class: 'caller' }, value: 1 },
    ])
    expect(setup.telemetry.spans.at(-1)?.attributes['error.type']).toBe(reason)
  })

  it.each<[string, string, (task: Task, caller: AbortController) => unknown]>([
    ['its time is up', 'deadline_exceeded', (task) => task.abort(new DeadlineExceededError(task.id, 0))],
    ['a time limit of its caller is up', 'timeout', (_, caller) => caller.abort(new DOMException('', 'TimeoutError'))],
  ])('but it is one when %s', async (_, reason, end) => {
    const setup = setUp()
    await abortedIn(setup, end)
    const zero = { sum: 0, count: 1 }
    expect(await outcomes(setup.telemetry)).toEqual({
      tasks: [{ attributes: { tenant: 'contoso' }, value: zero }],
      tools: [{ attributes: { tool: 'lookup' }, value: zero }],
      cost: [{ attributes: { tenant: 'contoso' }, value: zero }],
    })
    expect((await setup.telemetry.points('agent.task.failure'))[0]?.attributes['reason']).toBe(reason)
  })

  it.each([
    ['has spent its budget', 'budget_exceeded', 0],
    ['asks what the provider refuses', 'content_filter', 0],
    ['asks what the provider refuses, in the words of reasoning models', 'invalid_prompt', 0],
    ['asks more than the model reads', 'context_length_exceeded', 0],
    // The twins: the agent asks for a model without a price, or its provider fails.
    ['is not the one to blame', 'unknown_model_price', 1],
    ['is not the one to blame', 'model_unavailable', 1],
  ])('when a tenant %s: %s', async (_, code, count) => {
    const { telemetry, task, tool } = setUp()
    const error = Object.assign(new Error('refused'), { code })
    const refused = task({ tenant: 'contoso' }, () => tool(toolCall(), () => Promise.reject(error)))
    await expect(refused).rejects.toBe(error)
    const { tasks, tools, cost } = await outcomes(telemetry)
    expect([tasks.length, tools.length, cost.length]).toEqual([count, count, count])
  })
})

describe('a tool whose inner calls a budget refuses', () => {
  const body = { scope: 'tenant:contoso', reason: 'spent', needed_usd: 1, left_usd: 0, limit_usd: 5 }
  const refusal = (code: string) => Object.assign(new Error('402'), { error: { code, ...body } })
  const wrap = (code: string) => ({
    'a repair whose model was refused': new RepairFailedError([], {}, 1, 'no model', refusal(code)),
    'a chain of tools': new NoToolAvailable([
      { tool: 'search', error: refusal(code) },
      { tool: 'snapshot', error: new Error('down') },
    ]),
    'an SDK without a code of its own': new Error('failed after 2 attempts', { cause: refusal(code) }),
  })
  const rows = (code: string, count: number) =>
    Object.entries(wrap(code)).map(([what, error]) => ({ what, code, count, error }))

  it.each([
    ...rows('budget_exceeded', 0),
    // The twin: a budget that the agent gave its own task.
    ...rows('run_budget_exceeded', 1),
  ])('fails as $code inside of $what', async ({ code, count, error }) => {
    const { telemetry, task, tool } = setUp()
    const refused = task({ tenant: 'contoso' }, () => tool(toolCall(), () => Promise.reject(error)))
    await expect(refused).rejects.toBe(error)
    const { tasks, tools, cost } = await outcomes(telemetry)
    expect([tasks.length, tools.length, cost.length]).toEqual([count, count, count])
    expect((await telemetry.points('agent.task.failure'))[0]?.attributes['reason']).toBe(code)
    expect(telemetry.spans[0]?.attributes['error.type']).toBe((error as { code?: string }).code ?? 'Error')
  })
})

describe('a model call', () => {
  it('is a client span that says what was asked and what came', async () => {
    const { telemetry, model } = setUp()
    await model(modelCall({ attempt: 2 }), async () => modelResult())
    const [span] = telemetry.spans
    expect(span?.kind).toBe(SpanKind.CLIENT)
    expect(span?.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'azure.ai.openai',
      'gen_ai.system': 'azure.ai.openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.request.max_tokens': 500,
      'gen_ai.request.stream': false,
      'gen_ai.response.model': 'gpt-4o-2024-11-20',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 1200,
      'gen_ai.usage.cache_read.input_tokens': 1000,
      'gen_ai.usage.output_tokens': 80,
      'gen_ai.usage.reasoning.output_tokens': 16,
      'http.request.resend_count': 1,
      'http.response.status_code': 200,
      'server.address': '127.0.0.1',
      'server.port': 8080,
      'agent.tenant': 'contoso',
      'agent.cost.usd': 0.0025,
      'agent.usage.source': 'reported',
    })
  })

  it('ends with its last byte, not with its headers', async () => {
    const { telemetry, model, pass } = setUp()
    const ended = Promise.withResolvers<Completion>()
    await model(modelCall({ isStream: true }), async () => modelResult({ completion: ended.promise }))
    expect(telemetry.spans).toEqual([])
    expect(await telemetry.points('agent.cost.usd')).toEqual([])

    pass(4000)
    ended.resolve(completion())
    await ended.promise
    expect(telemetry.spans).toHaveLength(1)
    expect((await telemetry.points('agent.cost.usd'))[0]?.value).toBe(0.0025)
    expect((await telemetry.points('gen_ai.client.operation.duration'))[0]?.value).toEqual({ sum: 4, count: 1 })
  })

  it('shows both models after a downshift', async () => {
    const { telemetry, model } = setUp()
    await model(modelCall(), async () => modelResult({ model: 'gpt-4o-mini' }))
    expect(telemetry.spans[0]?.attributes).toMatchObject({
      'gen_ai.request.model': 'gpt-4o-mini',
      'agent.requested_model': 'gpt-4o',
    })
  })

  it('shows both caps after a clamp, and one where nothing was cut', async () => {
    const { telemetry, model } = setUp()
    await model(modelCall(), async () => modelResult({ clampedToTokens: 171 }))
    await model(modelCall({ maxOutputTokens: undefined }), async () => modelResult({ clampedToTokens: 171 }))
    await model(modelCall(), async () => modelResult())
    const caps = telemetry.spans.map(({ attributes }) => [
      attributes['gen_ai.request.max_tokens'],
      attributes['agent.requested_max_tokens'],
    ])
    expect(caps).toEqual([
      [171, 500],
      [171, undefined],
      [500, undefined],
    ])
  })

  it('that broke off is an error that still costs', async () => {
    const { telemetry, model } = setUp()
    const error = Object.assign(new Error('cut'), { code: 'stream_cut' })
    const broken = completion({ status: 'broken', usageSource: 'estimated', error })
    await model(modelCall(), async () => modelResult({ completion: Promise.resolve(broken) }))
    expect(telemetry.spans[0]?.status.code).toBe(SpanStatusCode.ERROR)
    expect(telemetry.spans[0]?.attributes).toMatchObject({ 'error.type': 'stream_cut', 'agent.cost.usd': 0.0025 })
    expect((await telemetry.points('agent.cost.usd'))[0]?.value).toBe(0.0025)
  })

  it('that we refused is a span, and no call of the task', async () => {
    const { telemetry, task, model } = setUp()
    const refused: ModelResult = modelResult({
      status: 402,
      completion: Promise.resolve(completion({ status: 'refused' })),
    })
    await task({ tenant: 'contoso' }, async (task) => {
      await (await model(modelCall({ task }), async () => refused)).completion
      expect(task.totals).toMatchObject({ modelCalls: 0, costNanos: 0 })
    })
    expect(telemetry.spans[0]?.attributes).toMatchObject({ 'error.type': 'refused', 'http.response.status_code': 402 })
  })

  it('whose layers throw is an ended span, and the error goes on', async () => {
    const { telemetry, model } = setUp()
    const error = new TypeError('fetch failed')
    await expect(model(modelCall(), () => Promise.reject(error))).rejects.toBe(error)
    expect(telemetry.spans[0]?.attributes['error.type']).toBe('TypeError')
  })
})

describe('a tool call', () => {
  it('says which function answered', async () => {
    const { telemetry, tool } = setUp()
    expect(await tool(toolCall(), async () => answered)).toBe(answered)
    expect(telemetry.spans[0]?.attributes).toEqual({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'lookup',
      'gen_ai.tool.call.id': 'call_1',
      'gen_ai.tool.type': 'function',
      'agent.tool.effect': 'read',
      'agent.tool.status': 'ok',
      'agent.tool.answered_by': 'webSearch',
    })
  })

  it('that fails is counted by the code of its error', async () => {
    const { telemetry, tool } = setUp()
    const error = Object.assign(new Error('down'), { code: 'no_tool_available' })
    await expect(tool(toolCall(), () => Promise.reject(error))).rejects.toBe(error)
    expect(await telemetry.points('agent.tool.success')).toEqual([
      { attributes: { tool: 'lookup', status: 'error', 'error.type': 'no_tool_available' }, value: 1 },
    ])
    expect(telemetry.spans[0]?.status.code).toBe(SpanStatusCode.ERROR)
  })
})

it('spans reach a tracer that is registered after the layers were made, whatever was cleared before', async () => {
  const observe = observeTask(createSli({ meter: new RecordedTelemetry().meter }))
  const task = createTaskRunner({ observe })
  await task({ tenant: 'contoso', name: 'before' }, () => {})
  trace.disable()
  const telemetry = new RecordedTelemetry()
  trace.setGlobalTracerProvider(telemetry.tracerProvider)
  await task({ tenant: 'contoso', name: 'after' }, () => {})
  trace.disable()
  expect(telemetry.spans.map(({ name }) => name)).toEqual(['invoke_agent after'])
})

import { context, trace } from '@opentelemetry/api'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LlmOpsOptions } from '../../src/index.ts'
import { useAsyncContext } from '../support/recorded-telemetry.ts'
import { tracedOps } from '../support/traced-ops.ts'
import { scriptedProvider } from './eventful-task.ts'

beforeAll(useAsyncContext)
afterAll(() => context.disable())

const setUp = (options: LlmOpsOptions = {}) => tracedOps({ fetch: scriptedProvider(), logger: false, ...options })
type SetUp = ReturnType<typeof setUp>

const eventsOf = ({ telemetry }: SetUp, span: string) =>
  telemetry.spans
    .filter(({ name }) => name.startsWith(span))
    .flatMap(({ events }) => events.map(({ name, attributes }) => [name, attributes] as const))
    .filter(([name]) => name !== 'exception')

const ask = ({ ops }: SetUp, body: object = {}) =>
  new OpenAI({
    apiKey: 'any',
    baseURL: 'http://127.0.0.1:9/v1',
    maxRetries: 0,
    fetch: ops.fetch,
  }).chat.completions.create({
    model: 'gpt-4o',
    messages: [{ role: 'user', content: 'Hello' }],
    ...body,
  })

describe('the span of a routed call', () => {
  it('has each attempt, the wait before the same target is asked again, and the move to the next', async () => {
    const failing = (status: number) => new Response('{"error":{"message":"no"}}', { status })
    const answers = [failing(500), failing(500)]
    const provider = scriptedProvider()
    const setup = setUp({
      fetch: async (...request) => answers.shift() ?? provider(...request),
      route: {
        targets: [
          { name: 'west', model: 'gpt-4o', baseUrl: 'http://127.0.0.1:9/v1' },
          { name: 'east', model: 'gpt-4o', baseUrl: 'http://127.0.0.1:10/v1' },
        ],
        retriesPerTarget: 1,
        backoffMs: 1,
      },
    })
    await setup.ops.task({ tenant: 'contoso' }, () => ask(setup))
    expect(eventsOf(setup, 'chat')).toEqual([
      ['agent.route.attempt', { target: 'west', outcome: 'retry' }],
      ['agent.model.retry', { target: 'west', 'agent.retry.delay': expect.any(Number) }],
      ['agent.route.attempt', { target: 'west', outcome: 'retry' }],
      ['agent.model.fallback', { target: 'west' }],
      ['agent.route.attempt', { target: 'east', outcome: 'answered' }],
    ])
  })
})

describe('the span of a tool call', () => {
  const tool = { name: 'book', description: 'Books', parameters: { type: 'object' } } as const

  it('shows that an idempotent function whose answer was lost is called once more', async () => {
    const setup = setUp()
    const lost = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    const answers = [() => Promise.reject(lost), () => 'booked']
    const book = setup.ops.tool({ ...tool, effect: 'idempotent', run: () => answers.shift()!() })
    await setup.ops.task({ tenant: 'contoso' }, () => book.call({}))
    expect(eventsOf(setup, 'execute_tool')).toEqual([
      ['agent.tool.retry', { tool: 'book', 'error.type': 'ECONNRESET' }],
    ])
  })

  it('shows a limit of calls that is used up', async () => {
    const setup = setUp()
    const book = setup.ops.tool({ ...tool, maxCalls: 1, run: () => 'booked' })
    await setup.ops.task({ tenant: 'contoso' }, async () => {
      await book.call({})
      await book.call({}).catch(() => {})
    })
    expect(eventsOf(setup, 'execute_tool')).toEqual([
      ['agent.tool.refusal', { 'error.type': 'tool_call_limit', 'agent.limit': 1 }],
    ])
  })

  it.each([
    ['its tenant', { budget: { limitUsd: 1 } }, {}, 'budget_exceeded', 'tenant:contoso'],
    ['its task', {}, { budgetUsd: 1, id: 't1' }, 'run_budget_exceeded', 'task:t1'],
  ])('shows that the budget of %s refused it', async (_, options, task, code, scope) => {
    const setup = setUp(options)
    const book = setup.ops.tool({ ...tool, costUsd: 2, run: () => 'booked' })
    await setup.ops.task({ tenant: 'contoso', ...task }, () => book.call({}).catch(() => {}))
    expect(eventsOf(setup, 'execute_tool')).toEqual([
      [
        'agent.budget.refusal',
        { 'error.type': code, 'agent.budget.scope': scope, 'agent.budget.reason': 'does_not_fit' },
      ],
    ])
  })
})

describe('where no span of a model call is made', () => {
  it('its events are on the span that is active', async () => {
    const setup = setUp({ spans: { model: 'off' }, budget: { limitUsd: 1 } })
    const tracer = trace.getTracer('a framework')
    await setup.ops.task({ tenant: 'contoso' }, () =>
      tracer.startActiveSpan('ai.generate', async (span) => {
        await ask(setup, { max_tokens: 1_000_000_000 }).catch(() => {})
        await setup.ops.budget!.charge({ tenant: 'contoso', usd: 1, reason: 'more' })
        await ask(setup).catch(() => {})
        span.end()
      }),
    )
    expect(eventsOf(setup, 'ai.generate').map(([name]) => name)).toEqual(['agent.model.clamp', 'agent.budget.refusal'])
    expect(eventsOf(setup, 'invoke_agent')).toEqual([])
  })
})

describe('while no tracer provider is registered', () => {
  it('nothing is prepared for a span, and those of a later provider are made', async () => {
    const setup = setUp({ agentId: 'shop' })
    trace.disable()
    await setup.ops.task({ tenant: 'contoso' }, () => ask(setup))
    expect(setup.telemetry.spans).toEqual([])
    trace.setGlobalTracerProvider(setup.telemetry.tracerProvider)
    await setup.ops.task({ tenant: 'contoso' }, () => ask(setup))
    expect(setup.telemetry.spans.map(({ name }) => name)).toEqual(['chat gpt-4o', 'invoke_agent agent'])
  })
})

import { context } from '@opentelemetry/api'
import { type ModelEndpoint, startModelEndpoint } from 'local-azure/model'
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { RecordedTelemetry, useAsyncContext } from '../../test/support/recorded-telemetry.ts'
import { ChaosController, chaosModelLayer } from '../chaos/index.ts'
import { createGovernedFetch } from '../model/index.ts'
import { createRateCard } from '../pricing/index.ts'
import { createTaskRunner } from '../task.ts'
import { createSli } from './create-sli.ts'
import { observeModel } from './observe-model.ts'
import { observeTask } from './observe-task.ts'

let endpoint: ModelEndpoint
beforeAll(useAsyncContext)
afterAll(() => context.disable())
beforeEach(async () => {
  endpoint = await startModelEndpoint()
})
afterEach(() => endpoint.close())

/** The official client over the governed fetch, observed, with chaos where the provider stands. */
function setUp() {
  const telemetry = new RecordedTelemetry()
  const rateCard = createRateCard()
  const sli = createSli({ meter: telemetry.meter, rateCard })
  const chaos = new ChaosController({ sli })
  const { fetch, drain } = createGovernedFetch({
    rateCard,
    defaultTenant: 'everyone',
    layers: [observeModel(sli, { tracer: telemetry.tracer }), chaosModelLayer(chaos)],
  })
  const client = new OpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: 'any', maxRetries: 0, fetch })
  const task = createTaskRunner({ observe: observeTask(sli, { tracer: telemetry.tracer }) })
  const named = (prefix: string) => telemetry.spans.filter(({ name }) => name.startsWith(prefix))
  const sum = async (name: string) =>
    (await telemetry.points(name)).reduce((total, { value }) => total + (value as number), 0)
  return { telemetry, chaos, client, drain, task, named, sum }
}

const request = {
  model: 'gpt-4o-mini',
  messages: [{ role: 'user' as const, content: 'Hello, how are you today?' }],
}

/** What the endpoint itself would send a bill for. */
function billed() {
  return {
    input: endpoint.attempts.reduce((sum, { usage }) => sum + usage.inputTokens, 0),
    output: endpoint.attempts.reduce((sum, { usage }) => sum + usage.outputTokens, 0),
    costUsd: endpoint.attempts.reduce((sum, { costNanos }) => sum + costNanos, 0) / 1e9,
  }
}

it.each([
  ['whole', async (client: OpenAI) => void (await client.chat.completions.create(request))],
  [
    'streamed',
    async (client: OpenAI) => {
      for await (const _ of await client.chat.completions.create({ ...request, stream: true }));
    },
  ],
])('the cost of a %s answer is in the task when it ends, and is what was billed', async (_, ask) => {
  const { telemetry, client, task, named, sum } = setUp()
  await task({ tenant: 'contoso' }, () => ask(client))

  const { input, output, costUsd } = billed()
  expect(output).toBeGreaterThan(0)
  expect(await sum('agent.tokens.in')).toBe(input)
  expect(await sum('agent.tokens.out')).toBe(output)
  expect(named('invoke_agent')[0]?.attributes).toMatchObject({
    'agent.model.calls': 1,
    'gen_ai.usage.input_tokens': input,
    'gen_ai.usage.output_tokens': output,
  })
  const [cost] = await telemetry.points('agent.task.cost')
  expect(cost).toEqual({ attributes: { tenant: 'contoso' }, value: { sum: costUsd, count: 1 } })
  expect(await sum('agent.cost.usd')).toBe(costUsd)
})

it('a call outside a task is observed all the same', async () => {
  const { client, telemetry, named } = setUp()
  await client.chat.completions.create(request)
  expect(named('chat gpt-4o-mini')).toHaveLength(1)
  expect((await telemetry.points('agent.cost.usd'))[0]?.attributes['tenant']).toBe('everyone')
})

it('every attempt of an SDK that retries is a span of its own, labelled where chaos hit it', async () => {
  const { client, chaos, named, sum } = setUp()
  chaos.set({ mode: 'throttle', retryAfterMs: 0 })
  await expect(client.withOptions({ maxRetries: 2 }).chat.completions.create(request)).rejects.toThrow(
    OpenAI.RateLimitError,
  )
  expect(named('chat').map(({ attributes }) => attributes)).toMatchObject([
    { 'chaos.mode': 'throttle', 'error.type': '429', 'agent.cost.usd': 0 },
    { 'chaos.mode': 'throttle', 'http.request.resend_count': 1 },
    { 'chaos.mode': 'throttle', 'http.request.resend_count': 2 },
  ])
  expect(await sum('agent.chaos.injected')).toBe(3)
  expect(endpoint.attempts).toHaveLength(0)
})

it('a stream that chaos broke still costs what was billed', async () => {
  const { client, chaos, drain, named, sum } = setUp()
  chaos.set({ mode: 'malformed' })
  const read = async () => {
    for await (const _ of await client.chat.completions.create({ ...request, stream: true }));
  }
  await expect(read()).rejects.toMatchObject({ code: 'stream_broken' })
  await drain()
  expect(await sum('agent.tokens.out')).toBe(billed().output)
  expect(named('chat')[0]?.attributes).toMatchObject({ 'chaos.mode': 'malformed', 'error.type': 'chaos_malformed' })
})

import { metrics } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { createLlmOps } from 'llmops-middleware'
import { compare, type Measured } from './harness/compare.ts'
import type { BenchRow } from './row.ts'

export const title = 'All layers in process: the provider answers at once, and metrics are recorded by the real SDK'

const BODY = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 64 }
const ANSWER = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o-mini',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hello! How can I help you?' } }],
  usage: { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 },
})
const EVENTS = 25
const URL = 'http://127.0.0.1/v1/chat/completions'
const LOAD = { calls: 5000, concurrency: 1 }

export async function run(): Promise<BenchRow[]> {
  // Without a reader nothing is recorded at all.
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  metrics.setGlobalMeterProvider(provider)
  const json = await compareWith(answersJson, JSON.stringify(BODY), (response) => response.json())
  const stream = await compareWith(answersStream, JSON.stringify({ ...BODY, stream: true }), readAll)
  const least = await compareLeast()
  const records = await compare(recordsAlone(), async () => {}, LOAD)
  const tool = await compare(toolCall(), async () => {}, LOAD)
  await provider.shutdown()
  metrics.disable()
  return [
    { ...row('a JSON answer', json), ratio: added(json) / added(least) },
    row('the least of it, by hand: read, six records, answer', least),
    row(`a stream of ${EVENTS} events`, stream),
    row('five OpenTelemetry records and two clocks, alone', records),
    row('a tool call: parsed, validated, observed', tool),
  ]
}

async function compareWith(provider: typeof fetch, body: string, read: (response: Response) => Promise<unknown>) {
  const ops = createLlmOps({ defaultTenant: 'bench', budget: { limitUsd: 1_000_000 }, fetch: provider })
  const init = { method: 'POST', headers: new Headers({ 'content-type': 'application/json' }), body }
  const measured = await compare(
    async () => read(await ops.fetch(URL, init)),
    async () => read(await provider(URL, init)),
    LOAD,
  )
  await ops.close()
  return measured
}

/** The least that governing can do: read the request, read and pass on the answer, and record it. */
function compareLeast() {
  const meter = metrics.getMeter('bench')
  const who = { 'agent.tenant': 'bench', model: 'gpt-4o-mini' }
  const what = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o-mini',
  }
  const input = { ...what, 'gen_ai.token.type': 'input' }
  const output = { ...what, 'gen_ai.token.type': 'output' }
  const [tokensIn, tokensOut, cost] = ['in', 'out', 'cost'].map((name) => meter.createCounter(`least.${name}`))
  const [duration, usage] = ['duration', 'usage'].map((name) => meter.createHistogram(`least.${name}`))
  const body = JSON.stringify(BODY)
  return compare(
    async () => {
      const startedAtMs = performance.now()
      JSON.parse(body)
      const response = await answersJson(URL)
      const text = await response.text()
      const answer = JSON.parse(text)
      tokensIn!.add(answer.usage.prompt_tokens, who)
      tokensOut!.add(answer.usage.completion_tokens, who)
      cost!.add(0.000_006, who)
      usage!.record(answer.usage.prompt_tokens, input)
      usage!.record(answer.usage.completion_tokens, output)
      duration!.record((performance.now() - startedAtMs) / 1000, what)
      return new Response(text).json()
    },
    async () => (await answersJson(URL)).json(),
    LOAD,
  )
}

const answersJson: typeof fetch = async () =>
  new Response(ANSWER, { headers: { 'content-type': 'application/json', 'content-length': String(ANSWER.length) } })

const chunks = streamChunks()

const answersStream: typeof fetch = async () => {
  let next = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks[next++]
        if (chunk) controller.enqueue(chunk)
        else controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}

function streamChunks(): Uint8Array[] {
  const event = (choices: object[], more: object = {}) =>
    new TextEncoder().encode(`data: ${JSON.stringify({ id: 'c', model: 'gpt-4o-mini', choices, ...more })}\n\n`)
  return [
    ...Array.from({ length: EVENTS }, () => event([{ index: 0, delta: { content: 'word ' }, finish_reason: null }])),
    event([{ index: 0, delta: {}, finish_reason: 'stop' }]),
    event([], { usage: { prompt_tokens: 9, completion_tokens: EVENTS } }),
  ]
}

async function readAll(response: Response): Promise<void> {
  for await (const _ of response.body!);
}

/** The least that any instrumentation of a call records. */
function recordsAlone(): () => Promise<void> {
  const meter = metrics.getMeter('bench')
  const attributes = { tenant: 'bench', model: 'gpt-4o-mini' }
  const counters = ['in', 'out', 'cost'].map((name) => meter.createCounter(`bench.${name}`))
  const histograms = ['duration', 'usage'].map((name) => meter.createHistogram(`bench.${name}`))
  return async () => {
    const startedAtMs = performance.now()
    for (const counter of counters) counter.add(9, attributes)
    for (const histogram of histograms) histogram.record(performance.now() - startedAtMs, attributes)
  }
}

function toolCall(): () => Promise<unknown> {
  const ops = createLlmOps()
  const tool = ops.tool({
    name: 'lookup',
    description: 'Looks something up',
    effect: 'read',
    parameters: { type: 'object', required: ['query'], properties: { query: { type: 'string' } } },
    run: ({ query }) => query,
  })
  return () => tool.call('{"query":"returns"}', { id: 'call_1' })
}

type Compared = { readonly a: Measured; readonly b: Measured }

function added({ a, b }: Compared): number {
  return a.cpuMicros - b.cpuMicros
}

function row(name: string, compared: Compared): BenchRow {
  return {
    name: `${name}: +${added(compared).toFixed(1)} µs`,
    value: `${compared.a.cpuMicros.toFixed(1)} µs`,
    baseline: `${compared.b.cpuMicros.toFixed(1)} µs`,
  }
}

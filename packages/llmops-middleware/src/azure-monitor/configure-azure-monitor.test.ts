import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { metrics, trace } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { modelCall, modelResult } from '../../test/support/model-call.ts'
import { scriptedProvider } from '../../test/traces/eventful-task.ts'
import { createLlmOps } from '../llmops.ts'
import { createSli, observeModel, observeTask } from '../sli/index.ts'
import { createTaskRunner } from '../task.ts'
import { configureAzureMonitorIfAvailable, shutdownAzureMonitor } from './configure-azure-monitor.ts'
import { TelemetryGoesNowhereError } from './telemetry-goes-nowhere-error.ts'

beforeEach(() => {
  vi.stubEnv('APPLICATIONINSIGHTS_CONNECTION_STRING', '')
  vi.stubEnv('APPLICATION_INSIGHTS_NO_STATSBEAT', 'true')
})
afterEach(async () => {
  await shutdownAzureMonitor()
  vi.unstubAllEnvs()
  metrics.disable()
  trace.disable()
})

const CONNECTION = 'InstrumentationKey=00000000-0000-0000-0000-000000000001'

type Envelope = {
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  readonly data: { readonly baseData: Record<string, unknown> }
}

/** The ingestion endpoint: keeps every envelope that really arrives. */
async function ingestion() {
  const envelopes: Envelope[] = []
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body).toString() : body.toString()
    const lines: Envelope[] = text.startsWith('[') ? JSON.parse(text) : text.split('\n').map((line) => JSON.parse(line))
    if (request.url?.startsWith('/v2.1/track')) envelopes.push(...lines)
    const answer = { itemsReceived: lines.length, itemsAccepted: lines.length, errors: [] }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { envelopes, host: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

it('nothing is configured, or even loaded, without a connection string', async () => {
  const load = vi.fn()
  expect(await configureAzureMonitorIfAvailable({ load })).toBe(false)
  expect(load).not.toHaveBeenCalled()
})

it('nothing is configured, with a warning, when the package is not installed', async () => {
  const warned = once(process, 'warning')
  const load = () => Promise.reject(Object.assign(new Error('x'), { code: 'ERR_MODULE_NOT_FOUND' }))
  expect(await configureAzureMonitorIfAvailable({ connectionString: CONNECTION, load })).toBe(false)
  expect((await warned)[0]).toMatchObject({ code: 'AZURE_MONITOR_NOT_INSTALLED' })
})

it('a provider that does nothing is an error, not silence', async () => {
  const load = async () => ({ useAzureMonitor: () => {}, shutdownAzureMonitor: async () => {} })
  await expect(configureAzureMonitorIfAvailable({ connectionString: CONNECTION, load })).rejects.toThrow(
    TelemetryGoesNowhereError,
  )
})

it('a shutdown that fails does not keep the process from ending', async () => {
  const load = async () => ({
    useAzureMonitor: () => {
      metrics.setGlobalMeterProvider({ getMeter: () => ({}) as never })
    },
    shutdownAzureMonitor: () => Promise.reject(new Error('unreachable')),
  })
  expect(await configureAzureMonitorIfAvailable({ connectionString: CONNECTION, load })).toBe(true)
  await expect(shutdownAzureMonitor()).resolves.toBeUndefined()
})

it('what is recorded arrives: metrics with their tenants, and every task and model call as a dependency', async () => {
  const { envelopes, host } = await ingestion()
  // As an application might: the library first, the telemetry after it.
  const sli = createSli()
  const task = createTaskRunner({ observe: observeTask(sli) })
  const model = observeModel(sli)
  const isConfigured = await configureAzureMonitorIfAvailable({
    connectionString: CONNECTION,
    azureMonitorExporterOptions: { host, allowInsecureConnection: true, disableOfflineStorage: true },
    enableStandardMetrics: false,
    enablePerformanceCounters: false,
  })
  expect(isConfigured).toBe(true)

  const tasks = 25
  for (let index = 0; index < tasks; index++) {
    await task({ tenant: 'contoso' }, async (task) => {
      await (await model(modelCall({ task }), async () => modelResult())).completion
    })
  }
  await shutdownAzureMonitor()

  const named = (name: string) => envelopes.filter((envelope) => envelope.name.endsWith(name))
  const spans = named('RemoteDependency').map(({ data }) => data.baseData)
  // More than the five a second that the default of Azure Monitor would keep.
  expect(spans.filter(({ name }) => name === 'invoke_agent agent')).toHaveLength(tasks)
  expect(spans.filter(({ name }) => name === 'chat gpt-4o')).toHaveLength(tasks)
  expect(spans.find(({ name }) => name === 'chat gpt-4o')?.['properties']).toMatchObject({
    'gen_ai.provider.name': 'azure.ai.openai',
    'gen_ai.usage.input_tokens': expect.anything(),
  })

  const metric = (name: string) =>
    named('Metric')
      .map(
        ({ data }) =>
          data.baseData as { metrics: { name: string; value: number; count?: number }[]; properties: object },
      )
      .find(({ metrics }) => metrics[0]?.name === name)
  expect(metric('agent.cost.usd')?.properties).toMatchObject({ tenant: 'contoso', model: 'gpt-4o' })
  expect(metric('agent.cost.usd')?.metrics[0]?.value).toBeCloseTo(tasks * 0.0025, 9)
  expect(metric('agent.task.outcome')?.metrics[0]).toMatchObject({ value: tasks, count: tasks })
})

describe('what the agent views of Azure read', () => {
  /** Everything that the distribution sends of one task with a model call, a tool call and spans of other libraries. */
  async function sent(genAiConventions: 'current' | 'latest') {
    const { envelopes, host } = await ingestion()
    await configureAzureMonitorIfAvailable({
      connectionString: CONNECTION,
      azureMonitorExporterOptions: { host, allowInsecureConnection: true, disableOfflineStorage: true },
      enableStandardMetrics: false,
      enablePerformanceCounters: false,
    })
    const ops = createLlmOps({
      fetch: scriptedProvider(),
      agentId: 'shop-agent',
      agentName: 'shop',
      agentVersion: '3',
      genAiConventions,
      captureContent: true,
    })
    const library = trace.getTracer('some library')
    const look = ops.tool({
      name: 'look',
      description: 'Looks',
      effect: 'read',
      parameters: { type: 'object' },
      run: () => library.startActiveSpan('GET /index', (span) => span.end()),
    })
    const body = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] })
    const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
    await library.startActiveSpan('around', async (around) => {
      await ops.task({ tenant: 'contoso', conversationId: 'thread-7' }, async (task) => {
        await ops.fetch('https://api.openai.com/v1/chat/completions', request)
        await look.call({})
        task.evaluate('relevance', 0.8, 'pass', 'Says how long.')
      })
      around.end()
    })
    await ops.close()
    await shutdownAzureMonitor()
    const properties = new Map<unknown, Readonly<Record<string, string>>>()
    for (const { data } of envelopes) properties.set(data.baseData['name'], data.baseData['properties'] as never)
    return { envelopes, properties }
  }

  const ITSELF = {
    'gen_ai.agent.id': 'shop-agent',
    'gen_ai.agent.name': 'shop',
    'gen_ai.agent.version': '3',
    'gen_ai.conversation.id': 'thread-7',
  }
  const MAIN = {
    'microsoft.gen_ai.main_agent.id': 'shop-agent',
    'microsoft.gen_ai.main_agent.name': 'shop',
    'microsoft.gen_ai.main_agent.version': '3',
    'microsoft.gen_ai.main_agent.conversation_id': 'thread-7',
  }
  const mainOf = (properties: Readonly<Record<string, string>> = {}) =>
    Object.fromEntries(Object.entries(properties).filter(([name]) => name.startsWith('microsoft.gen_ai')))

  it.each(['current', 'latest'] as const)(
    'arrives on every span within a task, under the conventions %s',
    async (names) => {
      const { properties } = await sent(names)
      const [agent, chat, tool, inside] = ['invoke_agent shop', 'chat gpt-4o', 'execute_tool look', 'GET /index'].map(
        (name) => properties.get(name),
      )
      expect(agent).toMatchObject({ ...ITSELF, 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.system': 'openai' })
      expect(chat).toMatchObject({
        ...ITSELF,
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'openai',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.usage.input_tokens': '100',
        'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"Hello"}]}]',
      })
      expect(tool).toMatchObject({ ...ITSELF, 'gen_ai.operation.name': 'execute_tool' })
      expect([agent, chat, tool, inside, properties.get('around')].map(mainOf)).toEqual([MAIN, MAIN, MAIN, MAIN, {}])
    },
  )

  it('has evaluations as custom events, in the operation of their task', async () => {
    const { envelopes } = await sent('current')
    const event = envelopes.find(({ name }) => name.endsWith('Event'))
    expect(event?.data.baseData).toMatchObject({
      name: 'gen_ai.evaluation.result',
      properties: {
        ...ITSELF,
        'gen_ai.evaluation.name': 'relevance',
        'gen_ai.evaluation.score.value': '0.8',
        'gen_ai.evaluation.score.label': 'pass',
        'gen_ai.evaluation.explanation': 'Says how long.',
      },
    })
    const task = envelopes.find(({ data }) => data.baseData['name'] === 'invoke_agent shop')
    expect(event?.tags['ai.operation.id']).toBe(task?.tags['ai.operation.id'])
    expect(event?.tags['ai.operation.parentId']).toBe(task?.data.baseData['id'])
  })
})

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { metrics, trace } from '@opentelemetry/api'
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { modelCall, modelResult } from '../../test/support/model-call.ts'
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

type Envelope = { readonly name: string; readonly data: { readonly baseData: Record<string, unknown> } }

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

// OPENAI_API_KEY=… node prometheus.ts, then: curl localhost:9464/metrics
// The agent's SLIs for Prometheus. For OTLP put an OTLPMetricExporter in a PeriodicExportingMetricReader in its place.
import { createServer } from 'node:http'
import { metrics } from '@opentelemetry/api'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { createLlmOps } from 'llmops-middleware'
import OpenAI from 'openai'

// Set before `createLlmOps`, which creates its instruments with the global provider.
const exporter = new PrometheusExporter({ preventServerStart: true })
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }))

const ops = createLlmOps({ budget: { limitUsd: 50, period: 'month' } })
const openai = new OpenAI({ fetch: ops.fetch })
await ops.task({ tenant: 'contoso' }, () =>
  openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }] }),
)
const server = createServer((request, response) => exporter.getMetricsRequestHandler(request, response))
server.listen(Number(process.env.PORT ?? 9464), '127.0.0.1', () => console.log('Listening on', server.address()))
process.once('SIGTERM', () => server.close(() => void ops.close()))

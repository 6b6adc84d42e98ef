import { metrics, trace } from '@opentelemetry/api'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import { configureAzureMonitorIfAvailable, shutdownAzureMonitor } from 'llmops-middleware/azure-monitor'
import type { Instance } from '../http/instance.ts'
import type { Settings } from '../settings/settings.ts'
import { ingestion } from './ingestion.ts'
import { MetricTotals } from './metric-totals.ts'

export type Telemetry = {
  /** Serves `GET /metrics`, also when telemetry is sent to Azure Monitor. */
  readonly prometheus: PrometheusExporter
  totals(): Promise<MetricTotals>
  /** Sends the remaining telemetry. */
  shutdown(): Promise<void>
}

/** Starts the global meter and tracer. With a connection string, telemetry is also sent to Azure Monitor. */
export async function startTelemetry(instance: Instance, settings: Settings): Promise<Telemetry> {
  const { connectionString = '', model } = settings
  const clientId = model.endpoint.kind === 'azure' ? model.endpoint.clientId : undefined
  const prometheus = new PrometheusExporter({ preventServerStart: true })
  const resource = describe(instance)
  const isExported = await configureAzureMonitorIfAvailable({
    connectionString,
    azureMonitorExporterOptions: ingestion(connectionString, clientId),
    resource,
    metricReaders: [prometheus],
  })
  const shutdown = isExported ? shutdownAzureMonitor : startWithoutExport(resource, prometheus)
  startHeartbeat()
  return {
    prometheus,
    totals: async () => new MetricTotals((await prometheus.collect()).resourceMetrics),
    shutdown,
  }
}

/** A metric that is sent every minute even without traffic. If it is missing, no alert rule sees this process. */
function startHeartbeat(): void {
  const heartbeat = metrics.getMeter('agent').createObservableGauge('agent.heartbeat', {
    description: '1 for as long as the process runs',
  })
  heartbeat.addCallback((result) => result.observe(1))
}

function startWithoutExport(resource: Resource, prometheus: PrometheusExporter): () => Promise<void> {
  const meterProvider = new MeterProvider({ resource, readers: [prometheus] })
  const tracerProvider = new NodeTracerProvider({ resource })
  metrics.setGlobalMeterProvider(meterProvider)
  tracerProvider.register()
  return async () => {
    await Promise.allSettled([meterProvider.shutdown(), tracerProvider.shutdown()])
    metrics.disable()
    trace.disable()
  }
}

/** Azure Monitor shows `service.instance.id` as the cloud role instance, which tells the processes of a slot apart. */
function describe({ instance, slot, release }: Instance): Resource {
  return resourceFromAttributes({
    'service.name': 'agent',
    'service.instance.id': instance,
    'service.version': release,
    'deployment.environment.name': slot,
  })
}

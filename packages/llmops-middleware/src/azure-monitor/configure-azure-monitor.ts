import type { AzureMonitorOpenTelemetryOptions } from '@azure/monitor-opentelemetry'
import { createNoopMeter, diag, metrics } from '@opentelemetry/api'
import { anyText, type ChecksOf, checkOptions, flag, func, implementing, listOf, number } from '../check.ts'
import { evaluationLogProcessor, providerSpanProcessor } from './agent-processors.ts'
import { TelemetryGoesNowhereError } from './telemetry-goes-nowhere-error.ts'

/** The functions of the optional peer that are used. */
export type AzureMonitor = Pick<
  typeof import('@azure/monitor-opentelemetry'),
  'useAzureMonitor' | 'shutdownAzureMonitor'
>

/** The options of `configureAzureMonitorIfAvailable`. */
export type ConfigureAzureMonitorOptions = AzureMonitorOpenTelemetryOptions & {
  /**
   * The connection string of the Application Insights resource. Without one nothing is configured.
   *
   * @default the environment variable `APPLICATIONINSIGHTS_CONNECTION_STRING`
   */
  readonly connectionString?: string | undefined
  /** Loads the optional peer. @default imports `@azure/monitor-opentelemetry` */
  readonly load?: (() => Promise<AzureMonitor>) | undefined
}

const object = implementing('an object', {})

export const AZURE_MONITOR_OPTIONS: ChecksOf<ConfigureAzureMonitorOptions> = {
  connectionString: anyText,
  load: func,
  azureMonitorExporterOptions: object,
  resource: object,
  samplingRatio: number(0, 1),
  tracesPerSecond: number(0),
  enableLiveMetrics: flag,
  enableStandardMetrics: flag,
  enableTraceBasedSamplingForLogs: flag,
  enablePerformanceCounters: flag,
  instrumentationOptions: object,
  browserSdkLoaderOptions: object,
  logRecordProcessors: listOf(object),
  spanProcessors: listOf(object),
  metricReaders: listOf(object),
  views: listOf(object),
}

let configured: AzureMonitor | undefined

/**
 * Sends the telemetry of this process to Application Insights if there is a connection string and the optional peer
 * `@azure/monitor-opentelemetry` is installed. The peer is loaded on demand, because it takes half a second and 60 MB.
 *
 * Sends every trace unless you set another sampling. The default of Azure Monitor sends about five a second and ignores
 * `samplingRatio`, which makes percentiles of rare tasks useless.
 *
 * @returns whether it was configured.
 * @throws InvalidOptionError if an option is invalid.
 * @throws TelemetryGoesNowhereError if the global meter provider is a no-op afterwards.
 * @example if (!(await configureAzureMonitorIfAvailable())) console.log('Telemetry stays in this process.')
 */
export async function configureAzureMonitorIfAvailable(given: ConfigureAzureMonitorOptions = {}): Promise<boolean> {
  checkOptions(given, AZURE_MONITOR_OPTIONS)
  const {
    connectionString = process.env['APPLICATIONINSIGHTS_CONNECTION_STRING'],
    load = () => import('@azure/monitor-opentelemetry'),
    ...options
  } = given
  if (!connectionString) return false
  const azureMonitor = await load().catch(missing)
  if (!azureMonitor) return false
  azureMonitor.useAzureMonitor({
    tracesPerSecond: 0,
    samplingRatio: 1,
    ...options,
    spanProcessors: [providerSpanProcessor(), ...(options.spanProcessors ?? [])],
    logRecordProcessors: [evaluationLogProcessor(), ...(options.logRecordProcessors ?? [])],
    azureMonitorExporterOptions: { ...options.azureMonitorExporterOptions, connectionString },
  })
  configured = azureMonitor
  // The API returns the no-op meter if its copy has no provider.
  if (metrics.getMeter('agent') === createNoopMeter()) throw new TelemetryGoesNowhereError()
  return true
}

/**
 * Sends the remaining telemetry. Never throws, because an exporter that cannot reach its endpoint must not keep a
 * process from ending.
 */
export async function shutdownAzureMonitor(): Promise<void> {
  const azureMonitor = configured
  configured = undefined
  try {
    await azureMonitor?.shutdownAzureMonitor()
  } catch (error) {
    diag.error('Azure Monitor did not shut down cleanly; its last telemetry may be lost.', error)
  }
}

/** Warns about a connection string without the package. Missing telemetry must not prevent the start. */
function missing(error: unknown): undefined {
  if ((error as { code?: unknown } | null)?.code !== 'ERR_MODULE_NOT_FOUND') throw error
  process.emitWarning(
    'A connection string is set, but @azure/monitor-opentelemetry is not installed: nothing is sent.',
    {
      code: 'AZURE_MONITOR_NOT_INSTALLED',
    },
  )
}

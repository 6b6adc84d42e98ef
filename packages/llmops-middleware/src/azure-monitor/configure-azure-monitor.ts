import type { AzureMonitorOpenTelemetryOptions } from '@azure/monitor-opentelemetry'
import { createNoopMeter, diag, metrics } from '@opentelemetry/api'
import { anyText, type ChecksOf, checkOptions, flag, func, implementing, listOf, number } from '../check.ts'
import { evaluationLogProcessor, providerSpanProcessor } from './agent-processors.ts'
import { TelemetryGoesNowhereError } from './telemetry-goes-nowhere-error.ts'

/** The optional peer, as far as it is used. */
export type AzureMonitor = Pick<
  typeof import('@azure/monitor-opentelemetry'),
  'useAzureMonitor' | 'shutdownAzureMonitor'
>

/** The options of `configureAzureMonitorIfAvailable`. */
export type ConfigureAzureMonitorOptions = AzureMonitorOpenTelemetryOptions & {
  /**
   * Names the Application Insights resource. Without one nothing is configured.
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
 * Sends the telemetry of this process to Application Insights when there is a connection string and the optional peer
 * `@azure/monitor-opentelemetry` is installed. Loaded on demand: it takes half a second and 60 MB.
 *
 * Every trace is kept unless you say otherwise: the default of Azure Monitor keeps about five a second whatever
 * `samplingRatio` says, which makes percentiles of rare tasks worthless.
 *
 * @returns whether it was configured.
 * @throws InvalidOptionError naming the option that cannot be used.
 * @throws TelemetryGoesNowhereError when the global meter provider does nothing afterwards.
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
  // The API gives this very meter when its own copy knows of no provider.
  if (metrics.getMeter('agent') === createNoopMeter()) throw new TelemetryGoesNowhereError()
  return true
}

/** Sends what is left. Never throws: an exporter that cannot reach its endpoint must not keep a process from ending. */
export async function shutdownAzureMonitor(): Promise<void> {
  const azureMonitor = configured
  configured = undefined
  try {
    await azureMonitor?.shutdownAzureMonitor()
  } catch (error) {
    diag.error('Azure Monitor did not shut down cleanly; its last telemetry may be lost.', error)
  }
}

/** A connection without the package is a mistake worth a warning, but telemetry is no reason not to start. */
function missing(error: unknown): undefined {
  if ((error as { code?: unknown } | null)?.code !== 'ERR_MODULE_NOT_FOUND') throw error
  process.emitWarning(
    'A connection string is set, but @azure/monitor-opentelemetry is not installed: nothing is sent.',
    {
      code: 'AZURE_MONITOR_NOT_INSTALLED',
    },
  )
}

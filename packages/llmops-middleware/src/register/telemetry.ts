import { createNoopMeter, metrics } from '@opentelemetry/api'
import type { AppPackages } from './from-app.ts'

type Variables = Readonly<Record<string, string | undefined>>

export type StartedTelemetry = {
  /** Where it goes, for people. */
  readonly goesTo: string
  /** Sends what has not been sent yet. */
  shutDown(): Promise<void>
}

/** The part of the optional package that is used. */
type NodeSdk = { readonly NodeSDK: new () => { start(): void; shutdown(): Promise<void> } }

const CONNECTION_STRING = 'APPLICATIONINSIGHTS_CONNECTION_STRING'
const NODE_SDK = '@opentelemetry/sdk-node'

/** By the OpenTelemetry specification, each of these variables asks for exporters. */
const ASKS_FOR_EXPORTERS = /^OTEL_(EXPORTER_OTLP(_(TRACES|METRICS|LOGS))?_ENDPOINT|(TRACES|METRICS|LOGS)_EXPORTER)$/

/** Starts exporters if the variables ask for them, their package is installed and the app has not started any. */
export async function startTelemetry(
  mode: 'auto' | 'off',
  variables: Variables,
  packages: AppPackages,
): Promise<StartedTelemetry> {
  if (mode === 'off') return nothing('what the app itself starts')
  if (metrics.getMeter('agent') !== createNoopMeter()) return nothing('the providers that are registered')
  if (variables[CONNECTION_STRING]) {
    const { configureAzureMonitorIfAvailable, shutdownAzureMonitor } = await import('../azure-monitor/index.ts')
    if (await configureAzureMonitorIfAvailable()) return { goesTo: 'Azure Monitor', shutDown: shutdownAzureMonitor }
    return nothing(`nowhere: ${CONNECTION_STRING} is set, and @azure/monitor-opentelemetry is not installed`)
  }
  if (variables['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return nothing('nowhere: OTEL_SDK_DISABLED is set')
  const asked = Object.keys(variables).find((name) => ASKS_FOR_EXPORTERS.test(name) && variables[name])
  if (asked === undefined) {
    return nothing(
      `nowhere, until the app starts OpenTelemetry (set OTEL_EXPORTER_OTLP_ENDPOINT or ${CONNECTION_STRING})`,
    )
  }
  if (!packages.has(NODE_SDK)) return nothing(`nowhere: ${asked} is set, and ${NODE_SDK} is not installed`)
  const { NodeSDK } = await packages.load<NodeSdk>(NODE_SDK)
  // The exporter reads the variables itself.
  const sdk = new NodeSDK()
  sdk.start()
  return { goesTo: `${NODE_SDK}, by ${asked}`, shutDown: () => sdk.shutdown() }
}

function nothing(goesTo: string): StartedTelemetry {
  return { goesTo, async shutDown() {} }
}

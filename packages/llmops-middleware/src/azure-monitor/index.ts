/**
 * Sends the telemetry to Application Insights.
 *
 * @module
 */
export { evaluationLogProcessor, providerSpanProcessor } from './agent-processors.ts'
export {
  type AzureMonitor,
  type ConfigureAzureMonitorOptions,
  configureAzureMonitorIfAvailable,
  shutdownAzureMonitor,
} from './configure-azure-monitor.ts'
export { TelemetryGoesNowhereError } from './telemetry-goes-nowhere-error.ts'

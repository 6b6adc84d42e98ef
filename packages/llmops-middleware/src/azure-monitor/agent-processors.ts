import type { AzureMonitorOpenTelemetryOptions } from '@azure/monitor-opentelemetry'

type SpanProcessor = NonNullable<AzureMonitorOpenTelemetryOptions['spanProcessors']>[number]
type LogRecordProcessor = NonNullable<AzureMonitorOpenTelemetryOptions['logRecordProcessors']>[number]

/**
 * Returns a processor that adds the older attribute `gen_ai.system` to spans, because the agent view of Application
 * Insights needs it, also with the conventions `latest`. `configureAzureMonitorIfAvailable` adds it automatically. If
 * you call `useAzureMonitor` yourself, pass it in `spanProcessors`.
 */
export function providerSpanProcessor(): SpanProcessor {
  return {
    onStart() {},
    onEnding(span) {
      const { 'gen_ai.provider.name': provider, 'gen_ai.system': system } = span.attributes
      if (provider !== undefined && system === undefined) span.setAttribute('gen_ai.system', provider)
    },
    onEnd() {},
    forceFlush: async () => {},
    shutdown: async () => {},
  }
}

/**
 * Returns a processor that turns evaluations into custom events of Application Insights, which can be queried by name.
 * All other log records become traces. `configureAzureMonitorIfAvailable` adds it automatically. If you call
 * `useAzureMonitor` yourself, pass it in `logRecordProcessors`.
 */
export function evaluationLogProcessor(): LogRecordProcessor {
  return {
    onEmit(record) {
      if (record.eventName !== 'gen_ai.evaluation.result') return
      record.setAttribute('microsoft.custom_event.name', record.eventName)
    },
    forceFlush: async () => {},
    shutdown: async () => {},
  }
}

import type { AzureMonitorOpenTelemetryOptions } from '@azure/monitor-opentelemetry'

type SpanProcessor = NonNullable<AzureMonitorOpenTelemetryOptions['spanProcessors']>[number]
type LogRecordProcessor = NonNullable<AzureMonitorOpenTelemetryOptions['logRecordProcessors']>[number]

/**
 * Writes the provider of a span under its older name too, by which the agent view of Application Insights finds it, also
 * where the conventions are `latest`. `configureAzureMonitorIfAvailable` adds it by itself; where you call `useAzureMonitor`
 * yourself, give it as one of its `spanProcessors`. Whose agent a span is of, the distribution writes itself.
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
 * Lets evaluations become custom events of Application Insights, where they can be queried by name; any other log record is
 * a trace there, which has none. Added by itself, or given as one of the `logRecordProcessors`, as the processor of spans.
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

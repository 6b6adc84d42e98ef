import { metrics, trace } from '@opentelemetry/api'
import { logs } from '@opentelemetry/api-logs'
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import { onTestFinished } from 'vitest'
import { createLlmOps, type LlmOpsOptions } from '../../src/index.ts'
import { RecordedTelemetry } from './recorded-telemetry.ts'

/** `createLlmOps` with the global providers of the real SDK, which export to memory. */
export function tracedOps(options: LlmOpsOptions) {
  forget()
  onTestFinished(forget)
  const telemetry = new RecordedTelemetry()
  const exporter = new InMemoryLogRecordExporter()
  trace.setGlobalTracerProvider(telemetry.tracerProvider)
  metrics.setGlobalMeterProvider(telemetry.meterProvider)
  logs.setGlobalLoggerProvider(new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }))
  return { telemetry, logRecords: () => exporter.getFinishedLogRecords(), ops: createLlmOps(options) }
}

function forget(): void {
  trace.disable()
  metrics.disable()
  logs.disable()
}

import { type Tracer, type TracerProvider, trace } from '@opentelemetry/api'

/**
 * The tracer `agent` of the global provider of the moment. A tracer that was asked for before an SDK is registered is
 * lost when that SDK first clears what was there, as Azure Monitor's does.
 */
export function lateTracer(tracer: Tracer | undefined): () => Tracer {
  if (tracer) return () => tracer
  let provider: TracerProvider | undefined
  let latest: Tracer | undefined
  return () => {
    const current = trace.getTracerProvider()
    if (latest === undefined || current !== provider) {
      provider = current
      latest = current.getTracer('agent')
    }
    return latest
  }
}

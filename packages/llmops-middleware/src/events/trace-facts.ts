import { INVALID_TRACEID, type Span } from '@opentelemetry/api'
import type { TraceFacts } from './event.ts'

export function traceFactsOf(span: Span): TraceFacts {
  const { traceId, spanId } = span.spanContext()
  return traceId === INVALID_TRACEID ? {} : { traceId, spanId }
}

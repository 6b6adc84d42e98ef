import { INVALID_TRACEID, type Span, trace } from '@opentelemetry/api'
import type { TraceFacts } from './event.ts'

/** The part of a span that events need. */
export type Place = Pick<Span, 'spanContext'>

/** Returns the span of a call; if it has none, the active span. */
export function placeOf(span: Place | undefined): Place | undefined {
  return span ?? trace.getActiveSpan()
}

export function traceFactsOf(place: Place | undefined): TraceFacts {
  if (place === undefined) return {}
  const { traceId, spanId } = place.spanContext()
  return traceId === INVALID_TRACEID ? {} : { traceId, spanId }
}

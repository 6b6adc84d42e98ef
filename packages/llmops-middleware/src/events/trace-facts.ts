import { INVALID_TRACEID, type Span, trace } from '@opentelemetry/api'
import type { TraceFacts } from './event.ts'

/** Where something happens: a span, or as much as is asked of one. */
export type Place = Pick<Span, 'spanContext'>

/** The place of a call; where no span is made for it, the span that is active as it begins. */
export function placeOf(span: Place | undefined): Place | undefined {
  return span ?? trace.getActiveSpan()
}

export function traceFactsOf(place: Place | undefined): TraceFacts {
  if (place === undefined) return {}
  const { traceId, spanId } = place.spanContext()
  return traceId === INVALID_TRACEID ? {} : { traceId, spanId }
}

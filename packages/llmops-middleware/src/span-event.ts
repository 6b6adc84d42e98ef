import { type Attributes, trace } from '@opentelemetry/api'

/**
 * What was decided about a call, as events of its span: of the model call, the tool call, or whatever span of the
 * application or its framework is active where we make none.
 */
export const SPAN_EVENTS = [
  'agent.model.downshift',
  'agent.model.clamp',
  'agent.model.retry',
  'agent.model.fallback',
  'agent.budget.refusal',
  'agent.route.attempt',
  'agent.tool.repair',
  'agent.tool.retry',
  'agent.tool.fallback',
  'agent.tool.refusal',
  'agent.chaos.fault',
] as const

/** Adds an event to the span of the call that runs here, if there is one. */
export function spanEvent(name: (typeof SPAN_EVENTS)[number], attributes: Attributes): void {
  trace.getActiveSpan()?.addEvent(name, attributes)
}

import type { Tracer } from '@opentelemetry/api'
import { type ChecksOf, checkOptions, func, having } from '../check.ts'
import { tracerOf } from './global-provider.ts'
import { readSpanOptions, SPAN_OPTIONS, type SpanOptions } from './span-options.ts'

export type ObserveOptions = SpanOptions & {
  /** Creates the spans. @default the tracer `agent` of the global provider, even if it is registered later */
  readonly tracer?: Tracer | undefined
  /** Returns milliseconds of a clock that never goes backwards. @default performance.now */
  readonly now?: (() => number) | undefined
}

export const OBSERVE_OPTIONS: ChecksOf<ObserveOptions> = {
  ...SPAN_OPTIONS,
  tracer: having<Tracer>('an OpenTelemetry Tracer', 'startSpan', 'startActiveSpan'),
  now: func,
}

/** @throws InvalidOptionError if an option is invalid. */
export function readObserveOptions(options: ObserveOptions) {
  checkOptions(options, OBSERVE_OPTIONS)
  const { tracer, now = () => performance.now(), ...spans } = options
  return { tracerNow: tracerOf(tracer), now, settings: readSpanOptions(spans) }
}

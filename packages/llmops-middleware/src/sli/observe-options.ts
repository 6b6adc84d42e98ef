import type { Tracer } from '@opentelemetry/api'
import { type ChecksOf, func, having } from '../check.ts'

export type ObserveOptions = {
  /** Makes the spans. @default the tracer `agent` of the global provider, also of one that is registered later */
  readonly tracer?: Tracer | undefined
  /** Returns milliseconds of a clock that never goes backwards. @default performance.now */
  readonly now?: (() => number) | undefined
}

export const OBSERVE_OPTIONS: ChecksOf<ObserveOptions> = {
  tracer: having<Tracer>('an OpenTelemetry Tracer', 'startSpan', 'startActiveSpan'),
  now: func,
}

import type { Tracer } from '@opentelemetry/api'
import { type ChecksOf, checkOptions, func, having } from '../check.ts'
import { tracerOf } from './global-provider.ts'

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

/** @throws InvalidOptionError naming the option that cannot be used. */
export function readObserveOptions(options: ObserveOptions) {
  checkOptions(options, OBSERVE_OPTIONS)
  const { tracer, now = () => performance.now() } = options
  return { tracerNow: tracerOf(tracer), now }
}

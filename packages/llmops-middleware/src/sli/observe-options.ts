import type { Tracer } from '@opentelemetry/api'

export type ObserveOptions = {
  /** Default: the tracer `agent` of the global provider, also of one that is registered later. */
  readonly tracer?: Tracer | undefined
  /** Milliseconds that never go backwards. */
  readonly now?: (() => number) | undefined
}

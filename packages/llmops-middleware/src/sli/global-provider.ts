import { type Meter, metrics, type Tracer, trace } from '@opentelemetry/api'

const AGENT = 'agent'

/** The instruments of a meter; without one, of the meter `agent` of the global provider of the moment. */
export function instrumentsOf<Instruments>(
  meter: Meter | undefined,
  create: (meter: Meter) => Instruments,
): () => Instruments {
  if (!meter)
    return ofLatest(
      () => metrics.getMeterProvider(),
      (provider) => create(provider.getMeter(AGENT)),
    )
  const instruments = create(meter)
  return () => instruments
}

/** The tracer that is given; without one, the tracer `agent` of the global provider of the moment. */
export function tracerOf(tracer: Tracer | undefined): () => Tracer {
  return tracer
    ? () => tracer
    : ofLatest(
        () => trace.getTracerProvider(),
        (provider) => provider.getTracer(AGENT),
      )
}

/**
 * Made again when another provider is registered. The API hands out a no-op meter for good when it is asked before an SDK
 * is registered, and a tracer of before is lost when that SDK first clears what was there, as Azure Monitor's does.
 * Telemetry that goes nowhere looks like an agent that does nothing.
 */
function ofLatest<Provider, Made>(providerNow: () => Provider, make: (provider: Provider) => Made): () => Made {
  let latest: { readonly provider: Provider; readonly made: Made } | undefined
  return () => {
    const provider = providerNow()
    if (latest?.provider !== provider) latest = { provider, made: make(provider) }
    return latest.made
  }
}

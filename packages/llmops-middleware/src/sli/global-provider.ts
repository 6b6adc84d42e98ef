import { type Meter, metrics, type Tracer, type TracerProvider, trace } from '@opentelemetry/api'

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

/**
 * The tracer that is given; without one, the tracer `agent` of the global provider of the moment. Undefined while none is
 * registered, so that nothing is prepared for spans that nobody makes.
 */
export function tracerOf(tracer: Tracer | undefined): () => Tracer | undefined {
  if (tracer) return () => tracer
  const registered = ofLatest(
    () => trace.getTracerProvider(),
    (provider) => provider.getTracer(AGENT),
  )
  let known: TracerProvider | undefined
  return () => {
    const provider = trace.getTracerProvider()
    if (provider !== known && !isRegistered(provider)) return undefined
    known = provider
    return registered()
  }
}

/** The API's own provider stands in for one that may come, and has no tracer before. */
function isRegistered(provider: Partial<Proxy> & TracerProvider): boolean {
  return provider.getDelegateTracer === undefined || provider.getDelegateTracer(AGENT) !== undefined
}

type Proxy = { getDelegateTracer(name: string): Tracer | undefined }

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

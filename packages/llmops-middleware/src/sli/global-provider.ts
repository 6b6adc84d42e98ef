import { type Meter, metrics, type Tracer, type TracerProvider, trace } from '@opentelemetry/api'

const AGENT = 'agent'

/** Returns the instruments of a meter; without one, of the meter `agent` of the current global provider. */
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
 * Returns the given tracer; without one, the tracer `agent` of the current global provider. Undefined if none is
 * registered, so that no work is done for spans.
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

/** The proxy provider of the API has no tracer until a provider is registered. */
function isRegistered(provider: Partial<Proxy> & TracerProvider): boolean {
  return provider.getDelegateTracer === undefined || provider.getDelegateTracer(AGENT) !== undefined
}

type Proxy = { getDelegateTracer(name: string): Tracer | undefined }

/**
 * Caches a value per global provider. Before an SDK is registered, the API returns a permanent no-op meter. A tracer
 * from before is lost too if the SDK clears the globals first, as Azure Monitor does. Then the agent would seem to do
 * nothing.
 */
function ofLatest<Provider, Made>(providerNow: () => Provider, make: (provider: Provider) => Made): () => Made {
  let latest: { readonly provider: Provider; readonly made: Made } | undefined
  return () => {
    const provider = providerNow()
    if (latest?.provider !== provider) latest = { provider, made: make(provider) }
    return latest.made
  }
}

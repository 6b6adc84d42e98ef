import { type Meter, type MeterProvider, metrics } from '@opentelemetry/api'

/**
 * Instruments of the global meter provider of the moment. The API hands out a no-op meter for good when it is asked
 * before an SDK was registered, and telemetry that goes nowhere looks like an agent that does nothing.
 */
export function lateInstruments<Instruments>(
  create: (meter: Meter) => Instruments,
  meter: Meter | undefined,
  name: string,
): () => Instruments {
  if (meter) {
    const fixed = create(meter)
    return () => fixed
  }
  let provider: MeterProvider | undefined
  let instruments: Instruments | undefined
  return () => {
    const current = metrics.getMeterProvider()
    if (instruments === undefined || current !== provider) {
      provider = current
      instruments = create(current.getMeter(name))
    }
    return instruments
  }
}

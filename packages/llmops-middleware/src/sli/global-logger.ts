import type { Attributes, Context } from '@opentelemetry/api'

/** A record of the OpenTelemetry logs API, as far as it is used. */
type LogRecord = {
  readonly eventName: string
  readonly severityNumber: number
  readonly severityText: string
  readonly attributes: Attributes
  readonly context: Context
}

type LoggerProvider = { getLogger(name: string): { emit(record: LogRecord): void } }

/**
 * Where every copy of `@opentelemetry/api-logs` looks for the provider that is registered. That package has no stable
 * version, and each exporter brings a copy of its own: read here, one need not be installed beside this package.
 */
const REGISTERED = Symbol.for('io.opentelemetry.js.api.logs')
const API_VERSION = 1

/** Emits a log event through the logger provider that is registered, if there is one. */
export function emitEvent(record: LogRecord): void {
  const registered = (globalThis as { [REGISTERED]?: (version: number) => LoggerProvider })[REGISTERED]
  registered?.(API_VERSION)?.getLogger('agent').emit(record)
}

import type { Attributes, Context } from '@opentelemetry/api'

/** The part of a log record of the OpenTelemetry API that is used. */
type LogRecord = {
  readonly eventName: string
  readonly severityNumber: number
  readonly severityText: string
  readonly attributes: Attributes
  readonly context: Context
}

type LoggerProvider = { getLogger(name: string): { emit(record: LogRecord): void } }

/**
 * The symbol with which every copy of `@opentelemetry/api-logs` stores the registered provider. That package has no
 * stable version, and each exporter has its own copy. Reading the symbol avoids a dependency on it.
 */
const REGISTERED = Symbol.for('io.opentelemetry.js.api.logs')
const API_VERSION = 1

/** Emits a log event with the registered logger provider, if there is one. */
export function emitEvent(record: LogRecord): void {
  const registered = (globalThis as { [REGISTERED]?: (version: number) => LoggerProvider })[REGISTERED]
  registered?.(API_VERSION)?.getLogger('agent').emit(record)
}

import { LlmOpsError } from '../errors.ts'

/** Azure Monitor was configured, but this process has no meter provider, so its metrics would be lost. */
export class TelemetryGoesNowhereError extends LlmOpsError {
  static override readonly name = 'TelemetryGoesNowhereError'
  static readonly code = 'telemetry_goes_nowhere'
  readonly code = TelemetryGoesNowhereError.code

  constructor() {
    super(
      'Azure Monitor is configured, but the global meter provider does nothing: most likely two copies of ' +
        '@opentelemetry/api are installed (see `npm ls @opentelemetry/api`). Pin one version with `overrides`, the one ' +
        'that @azure/monitor-opentelemetry depends on.',
    )
  }
}

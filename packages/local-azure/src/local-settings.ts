import type { Settings } from './app-service/settings.ts'

export type LocalSettingsOptions = {
  readonly modelUrl: string
  readonly identityUrl: string
  readonly identitySecret: string
  readonly adminToken: string
  /** What the healer and a promotion carry. */
  readonly probeToken: string
  /** Signs what callers of /mcp keep: all instances must have the same. */
  readonly handleKey: string
  readonly dataFolder: string
  /** How often metrics are exported; without it nothing is. */
  readonly exportIntervalMs?: number
}

/**
 * The one list of what the loopback platform sets instead of the deployed settings, because the deployed ones name
 * Azure itself. Everything else reaches the processes as the snapshot has it.
 */
export function localSettings(options: LocalSettingsOptions): Settings {
  const { modelUrl, identityUrl, identitySecret, adminToken, probeToken, handleKey, dataFolder } = options
  const { exportIntervalMs } = options
  return {
    // On App Service a container listens on all addresses; here nothing may be reached from outside.
    HOST: '127.0.0.1',
    // The real value makes the agent refuse a model that is not Azure's.
    NODE_ENV: 'development',
    // Goes before AZURE_OPENAI_ENDPOINT.
    LOCAL_MODEL_URL: modelUrl,
    // Where a managed identity gets its tokens, as App Service says it.
    IDENTITY_ENDPOINT: `${identityUrl}/msi/token`,
    IDENTITY_HEADER: identitySecret,
    // The real value is a Key Vault reference.
    ADMIN_TOKEN: adminToken,
    PROBE_TOKEN: probeToken,
    // So is this one.
    MCP_HANDLE_KEY: handleKey,
    // So is this one. Empty is unset: no money is real here, so callers say who pays.
    TENANT_KEYS: '',
    // One ledger for both slots, as they share one Redis when deployed.
    DATA_DIR: dataFolder,
    // Statistics of the exporter about itself go to an address that cannot be changed.
    APPLICATION_INSIGHTS_NO_STATSBEAT: 'true',
    // A minute of the rules is shorter here, and what nobody counts nobody asks for.
    ...(exportIntervalMs === undefined
      ? { APPLICATIONINSIGHTS_CONNECTION_STRING: '', SYNTHETIC_EVERY_MS: '0' }
      : { OTEL_METRIC_EXPORT_INTERVAL: String(exportIntervalMs) }),
  }
}

import type { Settings } from './app-service/settings.ts'

export type LocalSettingsOptions = {
  readonly modelUrl: string
  readonly identityUrl: string
  readonly identitySecret: string
  readonly adminToken: string
  /** The token that the healer and a promotion send with their probes. */
  readonly probeToken: string
  /** Signs the handles that callers of /mcp keep. It must be the same for all instances. */
  readonly handleKey: string
  readonly dataFolder: string
  /** The interval at which metrics are exported; undefined for no export. */
  readonly exportIntervalMs?: number
}

/**
 * The settings that differ from the deployed ones, because the deployed ones name Azure itself. All other settings are
 * those of the snapshot.
 */
export function localSettings(options: LocalSettingsOptions): Settings {
  const { modelUrl, identityUrl, identitySecret, adminToken, probeToken, handleKey, dataFolder } = options
  const { exportIntervalMs } = options
  return {
    // On App Service a container listens on all addresses. Here only this machine may connect.
    HOST: '127.0.0.1',
    // With the deployed value the agent would refuse a model that is not Azure's.
    NODE_ENV: 'development',
    // Takes precedence over AZURE_OPENAI_ENDPOINT.
    LOCAL_MODEL_URL: modelUrl,
    // The token endpoint of the managed identity, in the variables that App Service uses.
    IDENTITY_ENDPOINT: `${identityUrl}/msi/token`,
    IDENTITY_HEADER: identitySecret,
    // The deployed values of these four are Key Vault references.
    ADMIN_TOKEN: adminToken,
    PROBE_TOKEN: probeToken,
    MCP_HANDLE_KEY: handleKey,
    // Empty counts as unset: nothing costs money here, so callers may name their tenant.
    TENANT_KEYS: '',
    // Both slots share one ledger here, as the deployed slots share one Redis.
    DATA_DIR: dataFolder,
    // The exporter would send statistics about itself to an address that cannot be changed.
    APPLICATION_INSIGHTS_NO_STATSBEAT: 'true',
    // The interval is shorter, as rule time is faster. Without export nothing counts, so synthetic tasks are off too.
    ...(exportIntervalMs === undefined
      ? { APPLICATIONINSIGHTS_CONNECTION_STRING: '', SYNTHETIC_EVERY_MS: '0' }
      : { OTEL_METRIC_EXPORT_INTERVAL: String(exportIntervalMs) }),
  }
}

import type { Settings } from './app-service/settings.ts'

export type LocalSettingsOptions = {
  modelUrl: string
  identityUrl: string
  identitySecret: string
  adminToken: string
  dataFolder: string
}

/**
 * The one list of what the loopback platform sets instead of the deployed settings, because the deployed ones name
 * Azure itself. Everything else reaches the processes as the snapshot has it.
 */
export function localSettings(options: LocalSettingsOptions): Settings {
  const { modelUrl, identityUrl, identitySecret, adminToken, dataFolder } = options
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
    // Empty is unset: nothing is exported to Azure.
    APPLICATIONINSIGHTS_CONNECTION_STRING: '',
    // One ledger for both slots, as they share one Redis when deployed.
    DATA_DIR: dataFolder,
  }
}

import type { Settings } from './app-service/settings.ts'

export type LocalSettingsOptions = { modelUrl: string; adminToken: string; dataFolder: string }

/**
 * The one list of what the loopback platform sets instead of the deployed settings, because the deployed ones name
 * Azure itself. Everything else reaches the processes as the snapshot has it.
 */
export function localSettings({ modelUrl, adminToken, dataFolder }: LocalSettingsOptions): Settings {
  return {
    // On App Service a container listens on all addresses; here nothing may be reached from outside.
    HOST: '127.0.0.1',
    // The real value makes the agent refuse a model that is not Azure's.
    NODE_ENV: 'development',
    // Goes before AZURE_OPENAI_ENDPOINT.
    LOCAL_MODEL_URL: modelUrl,
    // The real value is a Key Vault reference.
    ADMIN_TOKEN: adminToken,
    // Empty is unset: nothing is exported to Azure.
    APPLICATIONINSIGHTS_CONNECTION_STRING: '',
    // One ledger for both slots, as they share one Redis when deployed.
    DATA_DIR: dataFolder,
  }
}

import type { TokenCredential } from '@azure/identity'

/**
 * Whoever is logged in with the Azure CLI or azd; in a pipeline that is what the login action leaves behind. No wider
 * search: on a machine without a login it would wait for an identity service that is not there.
 */
export async function azureLogin(): Promise<TokenCredential> {
  // Loaded when it is needed: the local platform has a login of its own.
  const { AzureCliCredential, AzureDeveloperCliCredential, ChainedTokenCredential } = await import('@azure/identity')
  return new ChainedTokenCredential(new AzureCliCredential(), new AzureDeveloperCliCredential())
}

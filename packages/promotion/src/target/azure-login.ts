import type { TokenCredential } from '@azure/identity'

/**
 * The login of the Azure CLI or azd; in a pipeline the login action creates it. Other credentials are not tried: on a
 * machine without a login that would wait for an identity service that does not exist.
 */
export async function azureLogin(): Promise<TokenCredential> {
  // Loaded when it is needed: the local platform has a login of its own.
  const { AzureCliCredential, AzureDeveloperCliCredential, ChainedTokenCredential } = await import('@azure/identity')
  return new ChainedTokenCredential(new AzureCliCredential(), new AzureDeveloperCliCredential())
}

import {
  DefaultAzureCredential,
  getBearerTokenProvider,
  ManagedIdentityCredential,
  type TokenCredential,
} from '@azure/identity'
import { IdentityNotReadyError } from './identity-not-ready-error.ts'

/** Signs in without keys: with the managed identity on Azure, with the Azure CLI's account on a developer's machine. */
export function credentialOf(clientId: string | undefined): TokenCredential {
  return clientId ? new ManagedIdentityCredential({ clientId }) : new DefaultAzureCredential()
}

/** Returns tokens for the scope, cached until shortly before they expire. @throws IdentityNotReadyError */
export function bearerTokens(credential: TokenCredential, scope: string): () => Promise<string> {
  const next = getBearerTokenProvider(credential, scope)
  return async () => {
    try {
      return await next()
    } catch (error) {
      throw new IdentityNotReadyError(scope, error)
    }
  }
}

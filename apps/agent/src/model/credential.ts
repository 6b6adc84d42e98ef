import {
  DefaultAzureCredential,
  getBearerTokenProvider,
  ManagedIdentityCredential,
  type TokenCredential,
} from '@azure/identity'
import { IdentityNotReadyError } from './identity-not-ready-error.ts'

/** Without keys: the managed identity on Azure, whoever is signed in with the Azure CLI on a developer's machine. */
export function credentialOf(clientId: string | undefined): TokenCredential {
  return clientId ? new ManagedIdentityCredential({ clientId }) : new DefaultAzureCredential()
}

/** Tokens for the scope, kept until shortly before they end. @throws IdentityNotReadyError */
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

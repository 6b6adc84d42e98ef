import { DefaultAzureCredential, getBearerTokenProvider, ManagedIdentityCredential } from '@azure/identity'
import type OpenAI from 'openai'
import { AzureOpenAI } from 'openai'
import type { ModelEndpoint } from '../settings/settings.ts'

const SCOPE = 'https://cognitiveservices.azure.com/.default'
const LOCAL_API_VERSION = '2024-10-21'
/** The embedded model is as quick as a small hosted one, and gets one call in sixteen wrong. */
const EMBEDDED = { tokensPerSecond: 250, mistakeRate: 1 / 16 }

export type ModelConnection = { readonly client: OpenAI; close(): Promise<void> }

/** The SDK for the endpoint that the settings name. `fetch` governs every attempt it makes. */
export async function connectModel(endpoint: ModelEndpoint, fetch: typeof globalThis.fetch): Promise<ModelConnection> {
  switch (endpoint.kind) {
    case 'azure':
      return { client: azureClient(endpoint, fetch), close: async () => {} }
    case 'local':
      return { client: localClient(endpoint.url.href, fetch), close: async () => {} }
    case 'embedded': {
      // Loaded here only: it is not part of what is deployed.
      const { startModelEndpoint } = await import('local-azure/model')
      const model = await startModelEndpoint(EMBEDDED)
      return { client: localClient(model.url, fetch), close: () => model.close() }
    }
  }
}

type AzureEndpoint = Extract<ModelEndpoint, { kind: 'azure' }>

/** Without keys: the managed identity on Azure, whoever is signed in with the Azure CLI on a developer's machine. */
function azureClient({ url, apiVersion, clientId }: AzureEndpoint, fetch: typeof globalThis.fetch) {
  const credential = clientId ? new ManagedIdentityCredential({ clientId }) : new DefaultAzureCredential()
  const azureADTokenProvider = getBearerTokenProvider(credential, SCOPE)
  return new AzureOpenAI({ endpoint: url.href, apiVersion, azureADTokenProvider, fetch })
}

function localClient(endpoint: string, fetch: typeof globalThis.fetch) {
  return new AzureOpenAI({ endpoint, apiVersion: LOCAL_API_VERSION, apiKey: 'not-checked-on-loopback', fetch })
}

import OpenAI from 'openai'
import type { ModelEndpoint } from '../settings/settings.ts'
import { bearerTokens, credentialOf } from './credential.ts'
import { EmbeddedModelMissingError } from './embedded-model-missing-error.ts'

const SCOPE = 'https://cognitiveservices.azure.com/.default'
const NO_KEY = 'not-checked-on-loopback'
/** The embedded model is as fast as a small hosted one, and makes a mistake in one of 16 tool calls. */
const EMBEDDED = { tokensPerSecond: 250, mistakeRate: 1 / 16 }

export type ModelConnection = { readonly client: OpenAI; close(): Promise<void> }

/**
 * Returns the SDK for the endpoint in the settings. `fetch` governs every attempt of the SDK.
 *
 * @throws EmbeddedModelMissingError if the endpoint is the embedded model and it is not installed.
 */
export async function connectModel(endpoint: ModelEndpoint, fetch: typeof globalThis.fetch): Promise<ModelConnection> {
  switch (endpoint.kind) {
    case 'azure': {
      const apiKey = bearerTokens(credentialOf(endpoint.clientId), SCOPE)
      return { client: clientOf(endpoint.url, apiKey, fetch), close: async () => {} }
    }
    case 'local': {
      // Signs in if it has an identity, so that a drill uses the same code as production.
      const apiKey = endpoint.hasIdentity ? bearerTokens(credentialOf(endpoint.clientId), SCOPE) : NO_KEY
      return { client: clientOf(endpoint.url, apiKey, fetch), close: async () => {} }
    }
    case 'embedded': {
      const model = await startEmbedded()
      return { client: clientOf(new URL(model.url), NO_KEY, fetch), close: () => model.close() }
    }
  }
}

async function startEmbedded() {
  // Imported only here, because the embedded model is not part of the deployed package.
  const loaded = await import('local-azure/model').catch((error: unknown) => {
    throw new EmbeddedModelMissingError(error)
  })
  return loaded.startModelEndpoint(EMBEDDED)
}

/**
 * Uses Azure's v1 endpoint, which has OpenAI's own API and needs no `api-version`; see
 * learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle. The model of a request names the deployment.
 */
function clientOf(url: URL, apiKey: string | (() => Promise<string>), fetch: typeof globalThis.fetch): OpenAI {
  return new OpenAI({ baseURL: new URL('/openai/v1', url).href, apiKey, fetch })
}

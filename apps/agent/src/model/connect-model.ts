import OpenAI from 'openai'
import type { ModelEndpoint } from '../settings/settings.ts'
import { bearerTokens, credentialOf } from './credential.ts'
import { EmbeddedModelMissingError } from './embedded-model-missing-error.ts'

const SCOPE = 'https://cognitiveservices.azure.com/.default'
const NO_KEY = 'not-checked-on-loopback'
/** The embedded model is as quick as a small hosted one, and gets one call in sixteen wrong. */
const EMBEDDED = { tokensPerSecond: 250, mistakeRate: 1 / 16 }

export type ModelConnection = { readonly client: OpenAI; close(): Promise<void> }

/**
 * The SDK for the endpoint that the settings name. `fetch` governs every attempt it makes.
 *
 * @throws EmbeddedModelMissingError when that is the endpoint and it is not there.
 */
export async function connectModel(endpoint: ModelEndpoint, fetch: typeof globalThis.fetch): Promise<ModelConnection> {
  switch (endpoint.kind) {
    case 'azure': {
      const apiKey = bearerTokens(credentialOf(endpoint.clientId), SCOPE)
      return { client: clientOf(endpoint.url, apiKey, fetch), close: async () => {} }
    }
    case 'local': {
      // Signs in where it can, so that a drill goes the way that production goes.
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
  // Loaded here only: it is not part of what is deployed.
  const loaded = await import('local-azure/model').catch((error: unknown) => {
    throw new EmbeddedModelMissingError(error)
  })
  return loaded.startModelEndpoint(EMBEDDED)
}

/**
 * Azure's v1 endpoint, which speaks as OpenAI's own and has no versions that a model may refuse; see
 * learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle. The model of a request is the deployment.
 */
function clientOf(url: URL, apiKey: string | (() => Promise<string>), fetch: typeof globalThis.fetch): OpenAI {
  return new OpenAI({ baseURL: new URL('/openai/v1', url).href, apiKey, fetch })
}

import type { KeyHeader, ModelTarget } from './model-target.ts'

/** How apps commonly name a provider in their environment. Of several variables the first that is set counts. */
export type Provider = {
  readonly name: string
  readonly wire: ModelTarget['wire']
  readonly urlVariables: readonly string[]
  /** Where it is when only its key is set. */
  readonly defaultUrl?: string
  /** What follows the host, where the variable holds the account alone. */
  readonly path?: string
  readonly keyVariables: readonly string[]
  readonly keyHeader: KeyHeader
  readonly modelVariables: readonly string[]
  /** What a token is for, where it takes an identity instead of a key. */
  readonly identityResource?: string
}

/** `cognitiveservices.azure.com` is the audience of Azure OpenAI on every endpoint, the v1 one too. */
export const AZURE_MODELS = 'https://cognitiveservices.azure.com'

export const PROVIDERS: readonly Provider[] = [
  {
    name: 'Azure OpenAI',
    wire: 'openai',
    urlVariables: ['AZURE_OPENAI_ENDPOINT', 'AZURE_OPENAI_BASE_URL'],
    path: '/openai/v1',
    keyVariables: ['AZURE_OPENAI_API_KEY', 'AZURE_OPENAI_KEY'],
    keyHeader: 'api-key',
    modelVariables: [
      'AZURE_OPENAI_DEPLOYMENT',
      'AZURE_OPENAI_DEPLOYMENT_NAME',
      'AZURE_OPENAI_CHAT_DEPLOYMENT',
      'AZURE_OPENAI_CHAT_DEPLOYMENT_NAME',
      'AZURE_OPENAI_MODEL',
      'PRIMARY_MODEL',
    ],
    identityResource: AZURE_MODELS,
  },
  {
    ...keyed('OpenAI', 'OPENAI', 'https://api.openai.com/v1'),
    urlVariables: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'],
  },
  {
    ...keyed('Anthropic', 'ANTHROPIC', 'https://api.anthropic.com'),
    wire: 'anthropic',
    keyHeader: 'x-api-key',
  },
  keyed('Mistral', 'MISTRAL', 'https://api.mistral.ai/v1'),
  keyed('Groq', 'GROQ', 'https://api.groq.com/openai/v1'),
  keyed('OpenRouter', 'OPENROUTER', 'https://openrouter.ai/api/v1'),
  keyed('DeepSeek', 'DEEPSEEK', 'https://api.deepseek.com/v1'),
  keyed('xAI', 'XAI', 'https://api.x.ai/v1'),
  keyed('Gemini', 'GEMINI', 'https://generativelanguage.googleapis.com/v1beta/openai'),
]

function keyed(name: string, prefix: string, defaultUrl: string): Provider {
  return {
    name,
    wire: 'openai',
    urlVariables: [`${prefix}_BASE_URL`],
    defaultUrl,
    keyVariables: [`${prefix}_API_KEY`],
    keyHeader: 'authorization',
    modelVariables: [`${prefix}_MODEL`],
  }
}

import { PROVIDERS } from '../models/providers.ts'

/** Says what is wrong with a value; undefined when nothing is. */
type Problem = (value: string) => string | undefined

const httpUrl: Problem = (value) =>
  URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
    ? undefined
    : 'is not an http or https URL, such as https://my-account.openai.azure.com'

const account: Problem = (value) => {
  const problem = httpUrl(value)
  if (problem) return problem
  const url = new URL(value)
  if (/^\/openai\/deployments\//.test(url.pathname)) {
    return 'holds the path of a deployment; set the endpoint alone, such as https://my-account.openai.azure.com'
  }
  const isLoopback = /^(localhost|127\.|\[::1\])/.test(url.hostname)
  return url.protocol === 'http:' && !isLoopback ? 'is http: keys and tokens would travel in the clear' : undefined
}

const redisUrl: Problem = (value) =>
  URL.canParse(value) && /^rediss?:$/.test(new URL(value).protocol)
    ? undefined
    : 'is not a redis or rediss URL, such as rediss://cache.example.net:6380'

const port: Problem = (value) =>
  /^\d+$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535 ? undefined : 'is not a port from 1 to 65535'

const clientId: Problem = (value) =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)
    ? undefined
    : 'is not a client id: 36 characters such as 11111111-2222-3333-4444-555555555555'

const key: Problem = (value) => {
  if (/\s/.test(value.trim())) return 'is not a key: it has a space in it'
  return /[^\x21-\x7e]/.test(value.trim()) ? 'is not a key: a character in it cannot be sent in a header' : undefined
}

/** A key that begins as those of another provider do. */
const keyOf =
  (provider: string): Problem =>
  (value) => {
    if (provider === 'OpenAI' && value.startsWith('sk-ant-')) return 'begins as a key of Anthropic does'
    if (provider === 'Anthropic' && /^sk-(?!ant-)/.test(value)) return 'begins as a key of OpenAI does'
    return key(value)
  }

const connectionString: Problem = (value) =>
  /(^|;)InstrumentationKey=[0-9a-f-]{36}/i.test(value) ? undefined : "has no 'InstrumentationKey='"

/** What apps of any kind have; what only one app has, it says itself. */
export const KNOWN_SETTINGS: Readonly<Record<string, Problem>> = {
  ...Object.fromEntries(
    PROVIDERS.flatMap(({ name, path, urlVariables, keyVariables, modelVariables }) => [
      ...urlVariables.map((variable) => [variable, path ? account : httpUrl] as const),
      ...keyVariables.map((variable) => [variable, keyOf(name)] as const),
      ...modelVariables.map((variable) => [variable, none] as const),
    ]),
  ),
  AZURE_CLIENT_ID: clientId,
  AZURE_TENANT_ID: none,
  AZURE_CLIENT_SECRET: key,
  AZURE_FEDERATED_TOKEN_FILE: none,
  IDENTITY_ENDPOINT: httpUrl,
  IDENTITY_HEADER: none,
  REDIS_URL: redisUrl,
  DATA_DIR: none,
  PORT: port,
  WEBSITES_PORT: port,
  NODE_ENV: none,
  NODE_OPTIONS: none,
  NODE_USE_ENV_PROXY: none,
  HTTPS_PROXY: httpUrl,
  NO_PROXY: none,
  APPLICATIONINSIGHTS_CONNECTION_STRING: connectionString,
}

function none(): undefined {}

/** What is wrong with any value, whatever it is for. */
export function commonProblem(value: string): string | undefined {
  if (/^@Microsoft\.(KeyVault|AppConfiguration)\(/i.test(value)) {
    return "is a reference that was not resolved; look at the identity's role on the vault, then restart"
  }
  if (/^(["']).*\1$/s.test(value)) return 'is in quotation marks, which are part of the value'
  if (value !== value.trim()) return 'begins or ends with a space or a line break'
  if (/^(<.*>|\{\{.*\}\}|\$\{?\w+\}?|your[-_ ].*|change[-_]?me|todo|x{3,})$/i.test(value)) {
    return 'is a placeholder that was not replaced'
  }
  return undefined
}

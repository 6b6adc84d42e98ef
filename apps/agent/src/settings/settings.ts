import { resolve } from 'node:path'
import { examineObjectives, type Objectives } from '../objectives/index.ts'
import { PROMPT_VERSIONS, type PromptVersion } from '../prompts/index.ts'
import { RESERVED_TENANTS } from '../tenants/who-pays.ts'
import { Environment } from './environment.ts'
import { flag, hostNames, isLoopback, oneOf, pairs, secret, text, url, usd, wholeNumber } from './kinds.ts'

export type Settings = {
  readonly isProduction: boolean
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  readonly dataFolder: string
  readonly release: string | undefined
  readonly slot: string
  readonly model: ModelSettings
  readonly budget: BudgetSettings
  readonly limits: TaskLimits
  /** From `slo.yaml`. */
  readonly objectives: Objectives
  readonly tenants: TenantSettings
  /** Host names, without ports, that clients of `/mcp` may use and, on loopback, all clients. */
  readonly allowedHosts: readonly string[]
  /** Signs the handles that callers of `/mcp` keep. It must be the same for all instances. */
  readonly handleKey: string | undefined
  readonly adminToken: string | undefined
  readonly probes: ProbeSettings
  readonly promptVersion: PromptVersion
  readonly searchUrl: URL | undefined
  readonly connectionString: string | undefined
}

export type ModelSettings = {
  readonly primary: string
  readonly downshift: string
  /** The reasoning effort of both models; undefined for each model's default. */
  readonly reasoningEffort: ReasoningEffort | undefined
  /** The model of each deployment whose name is not that of its model. Prices are by model. */
  readonly modelOfDeployment: Readonly<Record<string, string>>
  readonly endpoint: ModelEndpoint
}

/** Which of these a model accepts depends on its family. */
const REASONING_EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const
export type ReasoningEffort = (typeof REASONING_EFFORTS)[number]

export type ModelEndpoint =
  | { readonly kind: 'azure'; readonly url: URL; readonly clientId: string | undefined }
  | {
      readonly kind: 'local'
      readonly url: URL
      readonly clientId: string | undefined
      /** Whether the platform gives the process an identity, as the one on loopback does. */
      readonly hasIdentity: boolean
    }
  | { readonly kind: 'embedded' }

export type BudgetSettings = {
  readonly limitUsd: number
  readonly period: 'day' | 'week' | 'month'
  /** What all calls of `/health/ready` together may spend in a period. */
  readonly healthLimitUsd: number
  /** What the synthetic tasks of production may spend in a period. */
  readonly syntheticLimitUsd: number
  readonly redisUrl: URL | undefined
}

export type TaskLimits = {
  readonly maxSteps: number
  /** Input and output tokens of all model calls of a task together. */
  readonly maxTokens: number
  readonly deadlineMs: number
  /** A caller that leaves after waiting longer than this for a first byte counts as a failure of the agent. */
  readonly latencyObjectiveMs: number
  readonly maxConcurrentTasks: number
  /** How long a stopping process waits for its running tasks. */
  readonly drainMs: number
}

export type ProbeSettings = {
  /** A readiness check with this token always runs a new task. */
  readonly token: string | undefined
  /** The interval of the synthetic tasks of a new process in production, in milliseconds; 0 for none. */
  readonly syntheticEveryMs: number
}

export type TenantSettings = {
  /** Tenant → SHA-256 of its key, in hexadecimal. */
  readonly keyHashes: ReadonlyMap<string, string>
  readonly trustAppServiceAuth: boolean
}

/**
 * Reads all settings of the agent, and its objectives.
 *
 * @throws InvalidSettingsError naming every invalid variable, its value and what is accepted.
 */
export function readSettings(variables: Variables, sloFile?: string): Settings {
  const { settings, environment } = examineSettings(variables, sloFile)
  environment.assertValid()
  return settings
}

type Variables = Readonly<Record<string, string | undefined>>

/** Reads the settings, with the default for each invalid one. `environment` has the problems. */
export function examineSettings(
  variables: Variables,
  sloFile?: string,
): { settings: Settings; environment: Environment } {
  const environment = new Environment(variables)
  const { objectives, problems } = examineObjectives(sloFile)
  for (const { variable, value, accepted } of problems) environment.refuse(variable, value, accepted)
  const isProduction = variables['NODE_ENV'] === 'production'
  const isOnAppService = Boolean(variables['WEBSITE_SITE_NAME'])
  const settings: Settings = {
    isProduction,
    // App Service connects to the container's address, so it could not reach loopback.
    host: environment.read('HOST', HOST, isOnAppService ? '0.0.0.0' : '127.0.0.1'),
    port: environment.read('PORT', wholeNumber(0, 65_535), 3000),
    dataFolder: resolve(environment.read('DATA_DIR', text('a path of a folder', /^[^\0]+$/), '.data')),
    release: environment.read('RELEASE', NAME, undefined),
    slot: environment.read('SLOT_NAME', NAME, undefined) ?? environment.read('WEBSITE_SLOT_NAME', NAME, 'local'),
    model: readModel(environment, Boolean(variables['IDENTITY_ENDPOINT'])),
    budget: {
      limitUsd: environment.read('BUDGET_USD_PER_TENANT', usd(1_000_000), 50),
      period: environment.read('BUDGET_PERIOD', oneOf(['day', 'week', 'month']), 'month'),
      healthLimitUsd: environment.read('HEALTH_BUDGET_USD', usd(1000), 25),
      syntheticLimitUsd: environment.read('SYNTHETIC_BUDGET_USD', usd(1000), 10),
      redisUrl: environment.read('REDIS_URL', url(['redis:', 'rediss:'], 'rediss://cache.example.net:6380'), undefined),
    },
    limits: {
      maxSteps: environment.read('MAX_STEPS', wholeNumber(1, 50), 8),
      maxTokens: environment.read('MAX_TASK_TOKENS', wholeNumber(1000, 10_000_000, 'tokens'), 60_000),
      deadlineMs: environment.read('TASK_DEADLINE_MS', wholeNumber(100, 600_000, 'milliseconds'), 60_000),
      latencyObjectiveMs: environment.read(
        'LATENCY_OBJECTIVE_MS',
        wholeNumber(1, 600_000, 'milliseconds'),
        objectives.latencyMs,
      ),
      maxConcurrentTasks: environment.read('MAX_CONCURRENT_TASKS', wholeNumber(1, 10_000), 64),
      drainMs: environment.read('DRAIN_MS', wholeNumber(0, 600_000, 'milliseconds'), 25_000),
    },
    objectives,
    tenants: {
      keyHashes: environment.read('TENANT_KEYS', KEY_HASHES, new Map<string, string>()),
      trustAppServiceAuth: environment.read('TRUST_APP_SERVICE_AUTH', flag(), false),
    },
    allowedHosts: [
      ...environment.read('ALLOWED_HOSTS', HOST_NAMES, []),
      ...(variables['WEBSITE_HOSTNAME'] ? [variables['WEBSITE_HOSTNAME'].replace(/:\d+$/, '')] : []),
      ...LOOPBACK_HOSTS,
    ],
    handleKey: environment.read('MCP_HANDLE_KEY', secret(32), undefined),
    adminToken: environment.read('ADMIN_TOKEN', secret(16), undefined),
    probes: {
      token: environment.read('PROBE_TOKEN', secret(16), undefined),
      syntheticEveryMs: environment.read('SYNTHETIC_EVERY_MS', wholeNumber(0, 600_000, 'milliseconds'), 0),
    },
    promptVersion: environment.read('PROMPT_VERSION', oneOf(PROMPT_VERSIONS), PROMPT_VERSIONS[0]),
    searchUrl: environment.read('SEARCH_URL', url(['http:', 'https:'], 'https://search.example.com/v1'), undefined),
    connectionString: environment.read('APPLICATIONINSIGHTS_CONNECTION_STRING', CONNECTION_STRING, undefined),
  }
  if (isProduction) requireForProduction(environment, settings)
  return { settings, environment }
}

const HOST = text('an IP address or a host name', /^[\w.:-]+$/)
const HOST_NAMES = hostNames()
const LOOPBACK_HOSTS = ['127.0.0.1', 'localhost', '[::1]']
const NAME = text('a name of letters, digits, dots, dashes and underscores', /^[\w.-]{1,64}$/)
const CONNECTION_STRING = {
  ...text("a connection string with 'InstrumentationKey='", /(^|;)InstrumentationKey=[0-9a-f-]{36}/i),
  isSecret: true,
}
const KEY_HASHES = pairs(
  `contoso=<SHA-256 of its key, 64 hexadecimal digits>, no tenant called ${RESERVED_TENANTS.join(' or ')}`,
  (hash, tenant) => /^[0-9a-f]{64}$/i.test(hash) && !RESERVED_TENANTS.includes(tenant),
)

function readModel(environment: Environment, hasIdentity: boolean): ModelSettings {
  const deployments = pairs('agent-primary=gpt-5.4-mini', (model) => /^[\w.:-]+$/.test(model))
  return {
    primary: environment.read('PRIMARY_MODEL', NAME, 'gpt-5.4-mini'),
    downshift: environment.read('DOWNSHIFT_MODEL', NAME, 'gpt-5.4-nano'),
    reasoningEffort: environment.read('REASONING_EFFORT', oneOf(REASONING_EFFORTS), undefined),
    modelOfDeployment: Object.fromEntries(environment.read('MODEL_OF_DEPLOYMENT', deployments, new Map())),
    endpoint: readEndpoint(environment, hasIdentity),
  }
}

function readEndpoint(environment: Environment, hasIdentity: boolean): ModelEndpoint {
  const azureUrl = environment.read(
    'AZURE_OPENAI_ENDPOINT',
    url(['https:'], 'https://my-account.openai.azure.com'),
    undefined,
  )
  const clientId = environment.read(
    'AZURE_CLIENT_ID',
    text('the client id of a managed identity', /^[0-9a-f-]{36}$/i),
    undefined,
  )
  const localUrl = environment.read('LOCAL_MODEL_URL', LOOPBACK, undefined)
  // The local platform also passes the settings of the real one, so the local endpoint takes precedence.
  if (localUrl) return { kind: 'local', url: localUrl, clientId, hasIdentity }
  if (azureUrl) return { kind: 'azure', url: azureUrl, clientId }
  return { kind: 'embedded' }
}

const LOOPBACK = url(['http:'], 'http://127.0.0.1:8080, on loopback only', ({ hostname }) => isLoopback(hostname))

/** Refuses defaults that suit a developer's machine but must not be used where real money is spent. */
function requireForProduction(environment: Environment, { model }: Settings): void {
  if (model.endpoint.kind === 'embedded') {
    environment.refuse(
      'AZURE_OPENAI_ENDPOINT',
      'missing',
      'with NODE_ENV=production the https URL of an Azure OpenAI account: the embedded model is for development',
    )
  }
  if (model.endpoint.kind === 'local') {
    environment.refuse('LOCAL_MODEL_URL', 'set', 'with NODE_ENV=production nothing: it is for drills on one machine')
  }
}

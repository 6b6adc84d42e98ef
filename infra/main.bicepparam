// Every value that the documentation tells people to change is a variable of the azd environment: azd env set NAME VALUE.
using 'main.bicep'

var models = loadJsonContent('models.json')
var firstKey = readEnvironmentVariable('FIRST_TENANT_KEY', '')
var settings = readEnvironmentVariable('AGENT_SETTINGS', '')

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'llmops')
param location = readEnvironmentVariable('AZURE_LOCATION', 'swedencentral')

// The default is not the hash of any key. azd compiles this file before the hook that creates the first key, and that must
// not fail. A deployment always comes after that hook.
param tenantKeys = readEnvironmentVariable(
  'TENANT_KEYS',
  'nobody=0000000000000000000000000000000000000000000000000000000000000000'
)
param firstTenantKey = firstKey
param keepsFirstTenantKey = !empty(firstKey)
param deployerId = readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')

param primaryModel = {
  name: readEnvironmentVariable('PRIMARY_MODEL', models.primary.name)
  version: readEnvironmentVariable('PRIMARY_MODEL_VERSION', models.primary.version)
  skuName: readEnvironmentVariable('PRIMARY_MODEL_SKU', models.primary.skuName)
  capacity: int(readEnvironmentVariable('PRIMARY_MODEL_CAPACITY', models.primary.capacity))
}
param downshiftModel = {
  name: readEnvironmentVariable('DOWNSHIFT_MODEL', models.downshift.name)
  version: readEnvironmentVariable('DOWNSHIFT_MODEL_VERSION', models.downshift.version)
  skuName: readEnvironmentVariable('DOWNSHIFT_MODEL_SKU', models.downshift.skuName)
  capacity: int(readEnvironmentVariable('DOWNSHIFT_MODEL_CAPACITY', models.downshift.capacity))
}
param reasoningEffort = readEnvironmentVariable('REASONING_EFFORT', '')

param budgetUsdPerTenant = readEnvironmentVariable('BUDGET_USD_PER_TENANT', '50')

// NAME=value,NAME=value
param agentSettings = empty(settings)
  ? {}
  : toObject(split(settings, ','), pair => trim(split(pair, '=')[0]), pair => join(skip(split(pair, '='), 1), '='))

param planSku = readEnvironmentVariable('PLAN_SKU', 'P0v3')
param instanceCount = int(readEnvironmentVariable('INSTANCE_COUNT', '1'))
param maxInstanceCount = int(readEnvironmentVariable('MAX_INSTANCE_COUNT', '1'))
param mcpAuthClientId = readEnvironmentVariable('MCP_AUTH_CLIENT_ID', '')
param mcpAuthTenantId = readEnvironmentVariable('MCP_AUTH_TENANT_ID', '')
param dailyCapGb = int(readEnvironmentVariable('TELEMETRY_DAILY_CAP_GB', '2'))
param useRedis = bool(readEnvironmentVariable('USE_REDIS', 'false'))
param redisSku = readEnvironmentVariable('REDIS_SKU', 'Balanced_B0')

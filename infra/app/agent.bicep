param siteName string
param planName string
param planSku string
param instanceCount int
param identityName string
param vaultName string
param openAiName string
param logsName string
param productionInsightsName string
param stagingInsightsName string
param primaryModel string
param downshiftModel string

@description('Empty where each model has its own.')
param reasoningEffort string

param budgetUsdPerTenant string
param agentSettings object

@description('Empty where the budgets are kept in a file.')
param redisName string

@description('Empty where /mcp takes the keys of tenants.')
param mcpAuthClientId string

@description('Empty for the directory of the subscription.')
param mcpAuthTenantId string

@description('What slo.yaml holds the agent to.')
param objectives object

param location string
param tags object

var slotName = 'staging'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource logs 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: logsName
}

resource productionInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: productionInsightsName
}

resource stagingInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: stagingInsightsName
}

resource redis 'Microsoft.Cache/redisEnterprise@2025-07-01' existing = if (redisName != '') {
  name: redisName
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'linux'
  sku: { name: planSku, capacity: instanceCount }
  properties: { reserved: true }
}

// The user is the identity itself; its password is a token, which the agent gets by itself.
var redisSettings = redisName == ''
  ? {}
  : { REDIS_URL: 'rediss://${identity.properties.principalId}@${redis!.properties.hostName}:10000' }

// Who is let through to /mcp pays as the principal that App Service found. A caller without a token gets a 401 whose
// WWW-Authenticate says where to get one, which the second setting switches on.
var authSettings = mcpAuthClientId == ''
  ? {}
  : {
      TRUST_APP_SERVICE_AUTH: 'true'
      WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES: 'api://${mcpAuthClientId}/user_impersonation'
    }

// What belongs to a release travels with it: a rollback must bring back the models and limits it was tested with.
var travellingSettings = union(agentSettings, reasoningEffort == '' ? {} : { REASONING_EFFORT: reasoningEffort }, {
  PRIMARY_MODEL: primaryModel
  DOWNSHIFT_MODEL: downshiftModel
  BUDGET_USD_PER_TENANT: budgetUsdPerTenant
  LATENCY_OBJECTIVE_MS: string(objectives.latencyMs)
  AZURE_OPENAI_ENDPOINT: 'https://${openAiName}.openai.azure.com'
  AZURE_CLIENT_ID: identity.properties.clientId
  NODE_ENV: 'production'
  // The disk of the instance: /home is a network share, on which SQLite's write-ahead log does not work.
  DATA_DIR: '/tmp/agent'
  // The package is built before it is deployed.
  SCM_DO_BUILD_DURING_DEPLOYMENT: 'false'
  // Mounted as it is, for reading only, instead of copied file by file to the share of the site.
  WEBSITE_RUN_FROM_PACKAGE: '1'
  // Pings a minute apart, failed in a row, after which an instance is deemed unhealthy; by default ten.
  WEBSITE_HEALTHCHECK_MAXPINGFAILURES: '2'
  // Seconds that a process may finish its tasks in after SIGTERM; by default five.
  WEBSITES_CONTAINER_STOP_TIME_LIMIT: '30'
})

// What belongs to a place stays there.
var placeSettings = {
  ADMIN_TOKEN: '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=admin-token)'
  PROBE_TOKEN: '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=probe-token)'
  MCP_HANDLE_KEY: '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=mcp-handle-key)'
  TENANT_KEYS: '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=tenant-keys)'
  // By default a swap takes any answer to its warm-up request for a healthy candidate, a 500 too.
  WEBSITE_SWAP_WARMUP_PING_PATH: '/health/ready'
  WEBSITE_SWAP_WARMUP_PING_STATUSES: '200'
}

var productionSettings = union(travellingSettings, authSettings, redisSettings, placeSettings, {
  SLOT_NAME: 'production'
  // After it has taken over production asks itself tasks, so that the rules have a sample though nobody else asks.
  SYNTHETIC_EVERY_MS: '15000'
  APPLICATIONINSIGHTS_CONNECTION_STRING: productionInsights.properties.ConnectionString
})

var stagingSettings = union(travellingSettings, authSettings, redisSettings, placeSettings, {
  SLOT_NAME: slotName
  SYNTHETIC_EVERY_MS: '0'
  APPLICATIONINSIGHTS_CONNECTION_STRING: stagingInsights.properties.ConnectionString
})

var siteConfig = {
  linuxFxVersion: 'NODE|24-lts'
  // The loader is what makes requests show in Application Insights: the agent is made of ES modules.
  appCommandLine: 'node --import @azure/monitor-opentelemetry/loader src/main.ts'
  alwaysOn: true
  healthCheckPath: '/health'
  minTlsVersion: '1.2'
  scmMinTlsVersion: '1.2'
  ftpsState: 'Disabled'
  http20Enabled: true
}

var directory = mcpAuthTenantId == '' ? tenant().tenantId : mcpAuthTenantId

// In front of everything but what has keys of its own, or is for everybody.
var authentication = {
  platform: { enabled: true, runtimeVersion: '~1' }
  globalValidation: {
    requireAuthentication: true
    unauthenticatedClientAction: 'Return401'
    excludedPaths: [
      '/'
      '/page/*'
      '/api/*'
      '/ask'
      '/chat'
      '/health'
      '/health/ready'
      '/status'
      '/metrics'
      '/admin/*'
    ]
  }
  identityProviders: {
    azureActiveDirectory: {
      enabled: true
      registration: {
        clientId: mcpAuthClientId
        openIdIssuer: '${environment().authentication.loginEndpoint}${directory}/v2.0'
      }
      validation: { allowedAudiences: [mcpAuthClientId, 'api://${mcpAuthClientId}'] }
    }
  }
  // Tokens come with each request; none is kept.
  login: { tokenStore: { enabled: false } }
  httpSettings: { requireHttps: true }
}

var siteProperties = {
  serverFarmId: plan.id
  httpsOnly: true
  clientAffinityEnabled: false
  keyVaultReferenceIdentity: identity.id
  siteConfig: siteConfig
}

// Writes to one site at the same time lose settings or are refused with a 409: each waits for the one before it.
resource site 'Microsoft.Web/sites@2024-11-01' = {
  name: siteName
  location: location
  tags: union(tags, { 'azd-service-name': 'agent' })
  kind: 'app,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: siteProperties

  resource settings 'config' = {
    name: 'appsettings'
    properties: productionSettings
  }

  resource sticky 'config' = {
    name: 'slotConfigNames'
    dependsOn: [settings]
    properties: {
      appSettingNames: map(
        items(union(placeSettings, { SLOT_NAME: '', SYNTHETIC_EVERY_MS: '', APPLICATIONINSIGHTS_CONNECTION_STRING: '' })),
        setting => setting.key
      )
    }
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    dependsOn: [sticky]
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    dependsOn: [ftp]
    properties: { allow: false }
  }

  resource auth 'config' = if (mcpAuthClientId != '') {
    name: 'authsettingsV2'
    dependsOn: [scm]
    properties: authentication
  }
}

resource slot 'Microsoft.Web/sites/slots@2024-11-01' = {
  parent: site
  name: slotName
  location: location
  tags: tags
  kind: 'app,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: siteProperties
  // The names must be sticky before the slot has settings that a swap could carry away.
  dependsOn: [site::scm, site::auth]

  resource settings 'config' = {
    name: 'appsettings'
    properties: stagingSettings
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    dependsOn: [settings]
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    dependsOn: [ftp]
    properties: { allow: false }
  }

  resource auth 'config' = if (mcpAuthClientId != '') {
    name: 'authsettingsV2'
    dependsOn: [scm]
    properties: authentication
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: site
  name: 'to-log-analytics'
  dependsOn: [slot::scm, slot::auth]
  properties: {
    workspaceId: logs.id
    logs: [
      { category: 'AppServiceHTTPLogs', enabled: true }
      { category: 'AppServiceConsoleLogs', enabled: true }
      { category: 'AppServicePlatformLogs', enabled: true }
    ]
  }
}

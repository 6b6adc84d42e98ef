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

@description('Empty for the default of each model.')
param reasoningEffort string

param budgetUsdPerTenant string
param agentSettings object

@description('Empty if budgets are kept in a file.')
param redisName string

@description('Empty if /mcp accepts the keys of tenants.')
param mcpAuthClientId string

@description('Empty for the directory of the subscription.')
param mcpAuthTenantId string

@description('The objectives of the agent, from slo.yaml.')
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

// The user is the identity. Its password is a token, which the agent requests.
var redisSettings = redisName == ''
  ? {}
  : { REDIS_URL: 'rediss://${identity.properties.principalId}@${redis!.properties.hostName}:10000' }

// The principal that App Service authenticated for /mcp is the tenant. A caller without a token gets a 401, and the second
// setting makes its WWW-Authenticate header say where to get one.
var authSettings = mcpAuthClientId == ''
  ? {}
  : {
      TRUST_APP_SERVICE_AUTH: 'true'
      WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES: 'api://${mcpAuthClientId}/user_impersonation'
    }

// These settings are swapped with their release, because a rollback must restore the models and limits of that release.
var travellingSettings = union(agentSettings, reasoningEffort == '' ? {} : { REASONING_EFFORT: reasoningEffort }, {
  PRIMARY_MODEL: primaryModel
  DOWNSHIFT_MODEL: downshiftModel
  BUDGET_USD_PER_TENANT: budgetUsdPerTenant
  LATENCY_OBJECTIVE_MS: string(objectives.latencyMs)
  AZURE_OPENAI_ENDPOINT: 'https://${openAiName}.openai.azure.com'
  AZURE_CLIENT_ID: identity.properties.clientId
  NODE_ENV: 'production'
  // The local disk of the instance, because /home is a network share, on which SQLite's write-ahead log does not work.
  DATA_DIR: '/tmp/agent'
  // The package is built before it is deployed.
  SCM_DO_BUILD_DURING_DEPLOYMENT: 'false'
  // The package is mounted read-only instead of being copied file by file.
  WEBSITE_RUN_FROM_PACKAGE: '1'
  // An instance is unhealthy after this many failed pings in a row, one per minute. The default is ten.
  WEBSITE_HEALTHCHECK_MAXPINGFAILURES: '2'
  // Seconds that a process has to finish its tasks after SIGTERM. The default is five.
  WEBSITES_CONTAINER_STOP_TIME_LIMIT: '30'
})

// Sticky settings, which stay with their slot.
var placeSettings = {
  ADMIN_TOKEN: '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=admin-token)'
  PROBE_TOKEN: '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=probe-token)'
  MCP_HANDLE_KEY: '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=mcp-handle-key)'
  TENANT_KEYS: '@Microsoft.KeyVault(VaultName=${vaultName};SecretName=tenant-keys)'
  // By default a swap accepts any status of its warm-up request, even 500.
  WEBSITE_SWAP_WARMUP_PING_PATH: '/health/ready'
  WEBSITE_SWAP_WARMUP_PING_STATUSES: '200'
}

var productionSettings = union(travellingSettings, authSettings, redisSettings, placeSettings, {
  SLOT_NAME: 'production'
  // A new production runs synthetic tasks, so that the alert rules have samples without traffic.
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
  // Requests show in Application Insights only with this loader, because the agent consists of ES modules.
  appCommandLine: 'node --import @azure/monitor-opentelemetry/loader src/main.ts'
  alwaysOn: true
  healthCheckPath: '/health'
  minTlsVersion: '1.2'
  scmMinTlsVersion: '1.2'
  ftpsState: 'Disabled'
  http20Enabled: true
}

var directory = mcpAuthTenantId == '' ? tenant().tenantId : mcpAuthTenantId

// App Service authentication for all paths except those that are public or have keys of their own.
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
  // Each request has its token, so none is stored.
  login: { tokenStore: { enabled: false } }
  httpSettings: { requireHttps: true }
}

// A deployment does not remove what an earlier one made, so without a client id it switches the authentication off.
var authenticationOrOff = mcpAuthClientId == '' ? { platform: { enabled: false } } : authentication

var siteProperties = {
  serverFarmId: plan.id
  httpsOnly: true
  clientAffinityEnabled: false
  keyVaultReferenceIdentity: identity.id
  siteConfig: siteConfig
}

// Parallel writes to one site lose settings or fail with a 409, so each resource waits for the one before it.
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

  resource auth 'config' = {
    name: 'authsettingsV2'
    dependsOn: [scm]
    properties: authenticationOrOff
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
  // The names must be sticky before the slot has settings that a swap could move.
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

  resource auth 'config' = {
    name: 'authsettingsV2'
    dependsOn: [scm]
    properties: authenticationOrOff
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

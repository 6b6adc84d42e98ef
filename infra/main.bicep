targetScope = 'subscription'

@description('Name of the azd environment. Every resource name is derived from it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region of every resource.')
@minLength(1)
param location string

@description('The token for /admin on both slots. Each deployment creates a new one unless one is given.')
@secure()
@minLength(32)
param adminToken string = newGuid()

@description('The token with which the healer and a promotion make a slot run a readiness task at once. Each deployment creates a new one unless one is given.')
@secure()
@minLength(32)
param probeToken string = newGuid()

@description('Signs the handles that callers of /mcp keep. Each deployment creates a new one unless one is given; older handles are then refused.')
@secure()
@minLength(32)
param mcpHandleKey string = newGuid()

@description('Required: the tenants of the agent and the SHA-256 of their keys, in the format of the setting TENANT_KEYS: contoso=<hexadecimal>,fabrikam=<…>. Without a tenant the agent would refuse every request.')
@secure()
@minLength(66)
param tenantKeys string

@description('The key of the first tenant, which the vault keeps for the person who deploys. Used only with keepsFirstTenantKey.')
@secure()
param firstTenantKey string = ''

@description('Whether to store firstTenantKey in the vault. If not, a key that is already there stays.')
param keepsFirstTenantKey bool = false

@description('Object id of the person who deploys, who may then read the key of the first tenant. Empty for nobody.')
param deployerId string = ''

@description('The model used while the tenant has budget. Models retire: infra/models.json has the dates.')
param primaryModel ModelDeployment

@description('The cheaper model used when the budget of a tenant is nearly spent.')
param downshiftModel ModelDeployment

@description('The reasoning effort of both models, none to xhigh. Empty for the default of each model. From gpt-5.6 on, tools need none.')
@allowed(['', 'none', 'minimal', 'low', 'medium', 'high', 'xhigh'])
param reasoningEffort string = ''

@description('What one tenant may spend per month, in US dollars.')
param budgetUsdPerTenant string = '50'

@description('Further settings of the agent on both slots, as names and values. The README of the agent lists them.')
param agentSettings object = {}

@description('SKU of the Linux plan. It must support slots.')
param planSku string = 'P0v3'

@description('Number of instances of the plan. Each runs a process of both slots. More than one needs useRedis, or each has its own budget.')
@minValue(1)
@maxValue(30)
param instanceCount int = 1

@description('The most instances to which the plan scales out. It does not scale unless this is above instanceCount.')
@minValue(1)
@maxValue(30)
param maxInstanceCount int = 1

@description('Client id of the app registration in Microsoft Entra ID whose tokens /mcp accepts. App Service then refuses requests without one. Empty: /mcp accepts the keys of tenants.')
param mcpAuthClientId string = ''

@description('The directory (tenant id) of that app registration. Empty: the directory of the subscription.')
param mcpAuthTenantId string = ''

@description('Daily cap of telemetry, in gigabytes. Beyond it no more is stored, and the rules on tasks, tools and cost have no data.')
@minValue(1)
param dailyCapGb int = 2

@description('Whether budgets are kept in an Azure Managed Redis that all instances share, instead of a file on each instance.')
param useRedis bool = false

@description('SKU of that Redis. A larger one can be chosen later.')
param redisSku string = 'Balanced_B0'

// The objectives of the agent. They must not have a decimal comma: Azure would stop reading there, and use a limit of 0.
var objectives = loadYamlContent('../slo.yaml')
var withComma = filter(items(objectives), objective => contains('${objective.value}', ','))
var checkedObjectives = empty(withComma)
  ? objectives
  : fail('${first(withComma)!.key} in slo.yaml is ${first(withComma)!.value}; write it with a point, such as 0.05.')

import { ModelDeployment } from 'shared/openai.bicep'

// Names are computed here once and passed to the modules. If a module output were passed instead, it would stay an
// unresolved expression in the snapshot, and so would every id, guid and scope derived from it.
var token = toLower(uniqueString(subscription().id, environmentName, location))
var names = {
  resourceGroup: 'rg-${environmentName}'
  identity: 'id-agent-${token}'
  plan: 'plan-${token}'
  site: 'app-agent-${token}'
  logs: 'log-${token}'
  productionInsights: 'appi-production-${token}'
  stagingInsights: 'appi-staging-${token}'
  vault: 'kv-${token}'
  openAi: 'oai-${token}'
  healer: 'logic-healer-${token}'
  redis: 'redis-${token}'
}
var tags = { 'azd-env-name': environmentName }

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: names.resourceGroup
  location: location
  tags: tags
}

module identity 'shared/identity.bicep' = {
  scope: group
  params: { name: names.identity, location: location, tags: tags }
}

module telemetry 'shared/telemetry.bicep' = {
  scope: group
  params: {
    logsName: names.logs
    productionInsightsName: names.productionInsights
    stagingInsightsName: names.stagingInsights
    identityName: names.identity
    dailyCapGb: dailyCapGb
    location: location
    tags: tags
  }
  dependsOn: [identity]
}

module openAi 'shared/openai.bicep' = {
  scope: group
  params: {
    name: names.openAi
    deployments: [primaryModel, downshiftModel]
    identityName: names.identity
    logsName: names.logs
    location: location
    tags: tags
  }
  dependsOn: [telemetry]
}

module vault 'shared/key-vault.bicep' = {
  scope: group
  params: {
    name: names.vault
    adminToken: adminToken
    probeToken: probeToken
    mcpHandleKey: mcpHandleKey
    tenantKeys: tenantKeys
    firstTenantKey: firstTenantKey
    keepsFirstTenantKey: keepsFirstTenantKey
    deployerId: deployerId
    identityName: names.identity
    logsName: names.logs
    location: location
    tags: tags
  }
  dependsOn: [telemetry]
}

module redis 'shared/redis.bicep' = if (useRedis) {
  scope: group
  params: {
    name: names.redis
    sku: redisSku
    identityName: names.identity
    location: location
    tags: tags
  }
  dependsOn: [identity]
}

module workbook 'shared/workbook.bicep' = {
  scope: group
  params: {
    displayName: 'Agent SLOs (${environmentName})'
    productionInsightsName: names.productionInsights
    location: location
    tags: tags
  }
  dependsOn: [telemetry]
}

module agent 'app/agent.bicep' = {
  scope: group
  params: {
    siteName: names.site
    planName: names.plan
    planSku: planSku
    instanceCount: instanceCount
    mcpAuthClientId: mcpAuthClientId
    mcpAuthTenantId: mcpAuthTenantId
    identityName: names.identity
    vaultName: names.vault
    openAiName: names.openAi
    logsName: names.logs
    productionInsightsName: names.productionInsights
    stagingInsightsName: names.stagingInsights
    primaryModel: primaryModel.name
    downshiftModel: downshiftModel.name
    reasoningEffort: reasoningEffort
    budgetUsdPerTenant: budgetUsdPerTenant
    objectives: checkedObjectives
    agentSettings: agentSettings
    redisName: useRedis ? names.redis : ''
    location: location
    tags: tags
  }
  dependsOn: [openAi, vault, redis]
}

module autoscale 'app/autoscale.bicep' = {
  scope: group
  params: {
    planName: names.plan
    instanceCount: instanceCount
    maxInstanceCount: maxInstanceCount
    location: location
    tags: tags
  }
  dependsOn: [agent]
}

module healer 'healer/healer.bicep' = {
  scope: group
  params: {
    name: names.healer
    siteName: names.site
    logsName: names.logs
    probeToken: probeToken
    objectives: checkedObjectives
    location: location
    tags: tags
  }
  dependsOn: [agent]
}

module swapRole 'healer/swap-role.bicep' = {
  scope: group
  params: { siteName: names.site, workflowName: names.healer }
  dependsOn: [agent, healer]
}

module alerts 'healer/alerts.bicep' = {
  scope: group
  params: {
    siteName: names.site
    workflowName: names.healer
    productionInsightsName: names.productionInsights
    objectives: checkedObjectives
    location: location
    tags: tags
  }
  dependsOn: [agent, healer]
}

output AZURE_RESOURCE_GROUP string = names.resourceGroup
output AZURE_WEBAPP_NAME string = names.site
output AZURE_HEALER_NAME string = names.healer
output AGENT_URL string = 'https://${names.site}.azurewebsites.net'
output AGENT_STAGING_URL string = 'https://${names.site}-staging.azurewebsites.net'
output AZURE_OPENAI_ENDPOINT string = 'https://${names.openAi}.openai.azure.com'
output AZURE_APPLICATION_INSIGHTS_NAME string = names.productionInsights
output AZURE_KEY_VAULT_NAME string = names.vault

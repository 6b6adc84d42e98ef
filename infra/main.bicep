targetScope = 'subscription'

@description('Name of the azd environment; every resource name derives from it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region of every resource.')
@minLength(1)
param location string

@description('The token that opens /admin on both slots. A new one is made on each deployment unless one is given.')
@secure()
@minLength(32)
param adminToken string = newGuid()

@description('What the healer and a promotion show a slot that is to do a task at once. A new one is made on each deployment unless one is given.')
@secure()
@minLength(32)
param probeToken string = newGuid()

@description('Signs what callers of /mcp keep. A new one is made on each deployment unless one is given; handles of the one before are refused then.')
@secure()
@minLength(32)
param mcpHandleKey string = newGuid()

@description('Required: who may ask the agent, as the setting TENANT_KEYS takes it: contoso=<SHA-256 of its key in hexadecimal>,fabrikam=<…>. Without one it would answer nobody.')
@secure()
@minLength(66)
param tenantKeys string

@description('The key of the first tenant, which the vault keeps for whoever deploys. Only read while keepsFirstTenantKey.')
@secure()
param firstTenantKey string = ''

@description('Whether the vault is given firstTenantKey; what it was given before stays.')
param keepsFirstTenantKey bool = false

@description('Object id of whoever deploys, who may then read the key of the first tenant. Empty for nobody.')
param deployerId string = ''

@description('The model that answers while the tenant has budget. Models retire: infra/models.json has the dates.')
param primaryModel ModelDeployment

@description('The cheaper model that answers when a tenant nears its limit.')
param downshiftModel ModelDeployment

@description('How long both models may think, none to xhigh; empty leaves it to each. From gpt-5.6 on tools need none.')
@allowed(['', 'none', 'minimal', 'low', 'medium', 'high', 'xhigh'])
param reasoningEffort string = ''

@description('What one tenant may spend a month, in US dollars.')
param budgetUsdPerTenant string = '50'

@description('Further settings of the agent, name and value, on both slots; its README lists them.')
param agentSettings object = {}

@description('SKU of the plan: one with slots, Linux.')
param planSku string = 'P0v3'

@description('Instances of the plan, each with a process of both slots. More than one needs useRedis, or each has a budget of its own.')
@minValue(1)
@maxValue(30)
param instanceCount int = 1

@description('Instances up to which the plan may grow by itself. Nothing scales unless it is above instanceCount.')
@minValue(1)
@maxValue(30)
param maxInstanceCount int = 1

@description('Client id of the app registration in Microsoft Entra ID whose tokens /mcp takes: App Service then answers whoever has none. Empty: /mcp takes the keys of tenants.')
param mcpAuthClientId string = ''

@description('The directory of that registration. Empty: that of the subscription.')
param mcpAuthTenantId string = ''

@description('Gigabytes of telemetry a day after which no more is taken; the rules on tasks, tools and cost are blind then.')
@minValue(1)
param dailyCapGb int = 2

@description('Whether the budgets are kept in an Azure Managed Redis that both slots share, instead of a file in each.')
param useRedis bool = false

@description('SKU of that Redis. It can grow later.')
param redisSku string = 'Balanced_B0'

// What the agent is held to. Azure reads a decimal comma as the end of the number: a limit of 0, above which every task is.
var objectives = loadYamlContent('../slo.yaml')
var withComma = filter(items(objectives), objective => contains('${objective.value}', ','))
var checkedObjectives = empty(withComma)
  ? objectives
  : fail('${first(withComma)!.key} in slo.yaml is ${first(withComma)!.value}; write it with a point, such as 0.05.')

import { ModelDeployment } from 'shared/openai.bicep'

// Names are computed here, once, and passed on. A module output handed to another module would stay an expression
// in the snapshot, and with it every id, guid and scope that is made from it.
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

module autoscale 'app/autoscale.bicep' = if (maxInstanceCount > instanceCount) {
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

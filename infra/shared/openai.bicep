@export()
@description('A model of the Azure OpenAI catalogue.')
type ModelDeployment = {
  name: string
  version: string

  @description('Type of the deployment, which decides where it runs and how it is billed.')
  skuName: string

  @description('Thousands of tokens per minute.')
  @minValue(1)
  capacity: int
}

param name string
param deployments ModelDeployment[]
param identityName string
param logsName string
param location string
param tags object

var cognitiveServicesOpenAiUser = '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource logs 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: logsName
}

resource account 'Microsoft.CognitiveServices/accounts@2025-09-01' = {
  name: name
  location: location
  tags: tags
  kind: 'OpenAI'
  sku: { name: 'S0' }
  properties: {
    // Sign-in with tokens needs this host name. Without it the account has only the regional name, which accepts only keys.
    customSubDomainName: name
    disableLocalAuth: true
    publicNetworkAccess: 'Enabled'
  }
}

// One at a time, because the account refuses two deployment writes at once.
@batchSize(1)
resource models 'Microsoft.CognitiveServices/accounts/deployments@2025-09-01' = [
  for model in deployments: {
    parent: account
    name: model.name
    sku: { name: model.skuName, capacity: model.capacity }
    properties: {
      model: { format: 'OpenAI', name: model.name, version: model.version }
      // An automatic upgrade of the model would be a release that was never tested or promoted.
      versionUpgradeOption: 'NoAutoUpgrade'
    }
  }
]

resource mayUse 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account
  name: guid(account.id, identity.id, cognitiveServicesOpenAiUser)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', cognitiveServicesOpenAiUser)
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: account
  name: 'to-log-analytics'
  properties: {
    workspaceId: logs.id
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
  }
}

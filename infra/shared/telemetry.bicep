param logsName string
param productionInsightsName string
param stagingInsightsName string
param identityName string
param dailyCapGb int
param location string
param tags object

var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource logs 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: logsName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 30
    workspaceCapping: { dailyQuotaGb: dailyCapGb }
    features: { enableLogAccessUsingOnlyResourcePermissions: true }
  }
}

// One component per slot: a metric alert cannot filter custom metrics by a dimension without an opt-in that has no Bicep
// type, so test traffic in staging must not reach the component of production's rules.
resource insights 'Microsoft.Insights/components@2020-02-02' = [
  for name in [productionInsightsName, stagingInsightsName]: {
    name: name
    location: location
    tags: tags
    kind: 'web'
    properties: {
      Application_Type: 'web'
      WorkspaceResourceId: logs.id
      // Only identities with a role may send: the connection string is not a secret, and false failures could undo a release.
      DisableLocalAuth: true
    }
  }
]

resource maySend 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in [productionInsightsName, stagingInsightsName]: {
    scope: insights[index]
    name: guid(insights[index].id, identity.id, monitoringMetricsPublisher)
    properties: {
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringMetricsPublisher)
    }
  }
]

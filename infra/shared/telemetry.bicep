param logsName string
param productionInsightsName string
param stagingInsightsName string
param location string
param tags object

resource logs 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: logsName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 30
    features: { enableLogAccessUsingOnlyResourcePermissions: true }
  }
}

// One component a slot: a metric alert cannot filter custom metrics by dimension without an opt-in that has no Bicep
// type, so test traffic on staging must not reach the component that production's rules watch.
resource insights 'Microsoft.Insights/components@2020-02-02' = [
  for name in [productionInsightsName, stagingInsightsName]: {
    name: name
    location: location
    tags: tags
    kind: 'web'
    properties: {
      Application_Type: 'web'
      WorkspaceResourceId: logs.id
    }
  }
]

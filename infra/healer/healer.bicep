param name string
param siteName string
param logsName string
@secure()
param probeToken string
@description('What slo.yaml holds the agent to.')
param objectives object

param location string
param tags object

resource site 'Microsoft.Web/sites@2024-11-01' existing = {
  name: siteName
}

resource logs 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: logsName
}

resource workflow 'Microsoft.Logic/workflows@2019-05-01' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    state: 'Enabled'
    definition: loadJsonContent('workflow.json')
    parameters: {
      resourceManager: { value: environment().resourceManager }
      // resourceManager ends with the slash that a resource id begins with.
      sitePath: { value: substring(site.id, 1) }
      productionUrl: { value: 'https://${siteName}.azurewebsites.net' }
      candidateUrl: { value: 'https://${siteName}-staging.azurewebsites.net' }
      // A build that has run longer than this is not undone by a machine.
      promotionMaxAgeMinutes: { value: 120 }
      // Which release a sample is of is sure only when what the one before had left to say has been sent: every minute,
      // and half a minute after it was told to end.
      takeoverMinutes: { value: 2 }
      // Makes a slot do a task, instead of telling the last one.
      probeToken: { value: probeToken }
      smallestSample: { value: objectives.smallestSample }
      successObjective: { value: objectives.undoBelowSuccess }
      costPerTaskLimitUsd: { value: objectives.costPerTaskUsd }
    }
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: workflow
  name: 'to-log-analytics'
  properties: {
    workspaceId: logs.id
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
  }
}

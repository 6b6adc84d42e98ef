param name string
param siteName string
param logsName string
@secure()
param probeToken string
@description('The objectives of the agent, from slo.yaml.')
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
      // resourceManager ends with a slash, and a resource id starts with one.
      sitePath: { value: substring(site.id, 1) }
      productionUrl: { value: 'https://${siteName}.azurewebsites.net' }
      candidateUrl: { value: 'https://${siteName}-staging.azurewebsites.net' }
      // The healer never undoes a release that has run longer than this.
      promotionMaxAgeMinutes: { value: 120 }
      // A sample belongs to the new release for certain only after the old one has sent its last metrics. It sends every
      // minute, and stops within half a minute.
      takeoverMinutes: { value: 2 }
      // The longest window of a rule, and as long again for an alert that comes late or waits behind other runs.
      evidenceMaxAgeMinutes: { value: 30 }
      // With this token a slot runs a new readiness task instead of returning the last result.
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

param siteName string
param workflowName string
param tags object

var owner = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635'

resource site 'Microsoft.Web/sites@2024-11-01' existing = {
  name: siteName
}

resource workflow 'Microsoft.Logic/workflows@2019-05-01' existing = {
  name: workflowName

  resource trigger 'triggers' existing = {
    name: 'alert'
  }
}

resource heal 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-heal-${siteName}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'heal'
    enabled: true
    logicAppReceivers: [
      {
        name: 'healer'
        resourceId: workflow.id
        // Carries a signature: it stays inline and never becomes an output.
        callbackUrl: workflow::trigger.listCallbackUrl().value
        useCommonAlertSchema: true
      }
    ]
  }
}

resource call 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-call-${siteName}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'call'
    enabled: true
    // Whoever owns the subscription, so that nobody is asked for an address that will be out of date.
    armRoleReceivers: [{ name: 'owners', roleId: owner, useCommonAlertSchema: true }]
  }
}

resource http5xx 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'alert-http5xx-${siteName}'
  location: 'global'
  tags: tags
  properties: {
    description: 'Production answered more than 5 requests with a server error within 5 minutes.'
    severity: 1
    enabled: true
    scopes: [site.id]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'server-errors'
          metricNamespace: 'Microsoft.Web/sites'
          metricName: 'Http5xx'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 5
        }
      ]
    }
    actions: [{ actionGroupId: heal.id }]
  }
}

resource healerFailed 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'alert-healer-failed-${siteName}'
  location: 'global'
  tags: tags
  properties: {
    description: 'The healer could not or must not heal; the reason is the error of its last run.'
    severity: 0
    enabled: true
    scopes: [workflow.id]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'failed-runs'
          metricNamespace: 'Microsoft.Logic/workflows'
          metricName: 'RunsFailed'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: [{ actionGroupId: call.id }]
  }
}

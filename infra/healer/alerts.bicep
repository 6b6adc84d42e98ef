param siteName string
param workflowName string
param productionInsightsName string

@description('The objectives of the agent, from slo.yaml.')
param objectives object

param location string
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

resource productionInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: productionInsightsName
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
        // The URL contains a signature, so it stays inline and is never an output.
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
    // Notifies the owners of the subscription, so that no e-mail address has to be kept up to date.
    armRoleReceivers: [{ name: 'owners', roleId: owner, useCommonAlertSchema: true }]
  }
}

// Platform metrics of the site, and the agent's own metrics in Application Insights. The latter are histograms of values
// 1 or 0, so that the mean is a success ratio and the count is the sample size, because a metric alert can neither divide
// two metrics nor filter a custom metric by a dimension.
var siteMetrics = 'Microsoft.Web/sites'
var customMetrics = 'azure.applicationinsights'
var workflowMetrics = 'Microsoft.Logic/workflows'

// The conditions under which the healer may undo a release.
var incidents = [
  {
    name: 'http5xx'
    description: 'Production responded to more than 5 requests with a server error within the window.'
    severity: 1
    scope: site.id
    criteria: [
      { metric: 'Http5xx', namespace: siteMetrics, aggregation: 'Total', operator: 'GreaterThan', threshold: 5 }
    ]
  }
  {
    name: 'unhealthy'
    description: 'Production failed its health check for most of the window, with or without traffic.'
    severity: 1
    scope: site.id
    criteria: [
      {
        metric: 'HealthCheckStatus'
        namespace: siteMetrics
        aggregation: 'Average'
        operator: 'LessThan'
        threshold: 50
      }
    ]
  }
  {
    name: 'task-success'
    description: 'The share of tasks that succeeded was below ${objectives.undoBelowSuccess} within the window, regardless of their HTTP status.'
    severity: 1
    scope: productionInsights.id
    criteria: [
      {
        metric: 'agent.task.outcome'
        namespace: customMetrics
        aggregation: 'Average'
        operator: 'LessThan'
        threshold: objectives.undoBelowSuccess
      }
      {
        metric: 'agent.task.outcome'
        namespace: customMetrics
        aggregation: 'Count'
        operator: 'GreaterThanOrEqual'
        threshold: objectives.smallestSample
      }
    ]
  }
  {
    name: 'tool-success'
    description: 'The share of tool calls that returned a result, from the tool or its fallback, was below ${objectives.undoBelowSuccess} within the window.'
    severity: 2
    scope: productionInsights.id
    criteria: [
      {
        metric: 'agent.tool.outcome'
        namespace: customMetrics
        aggregation: 'Average'
        operator: 'LessThan'
        threshold: objectives.undoBelowSuccess
      }
      {
        metric: 'agent.tool.outcome'
        namespace: customMetrics
        aggregation: 'Count'
        operator: 'GreaterThanOrEqual'
        threshold: objectives.smallestSample
      }
    ]
  }
  {
    name: 'task-cost'
    description: 'The mean cost of a task was above ${objectives.costPerTaskUsd} USD within the window.'
    severity: 2
    scope: productionInsights.id
    criteria: [
      {
        metric: 'agent.task.cost'
        namespace: customMetrics
        aggregation: 'Average'
        operator: 'GreaterThan'
        threshold: objectives.costPerTaskUsd
      }
      {
        metric: 'agent.task.cost'
        namespace: customMetrics
        aggregation: 'Count'
        operator: 'GreaterThanOrEqual'
        threshold: objectives.smallestSample
      }
    ]
  }
]

// These rules are stateless: they call the healer every minute while the condition holds, and each time the healer checks
// whether the release in production is the cause. A stateful rule would fire only once until it resolves, even if another
// release is promoted meanwhile.
var healing = map(incidents, rule => union(rule, { window: 'PT5M', isStateful: false, group: heal.id }))

// Without traffic there is only one synthetic task per minute after the first quarter of an hour, which is too small a
// sample for a window of five minutes. So each rule on a mean of the agent's metrics has a twin with a longer window.
var healingQuiet = map(
  filter(incidents, rule => rule.criteria[0].namespace == customMetrics),
  rule => union(rule, { name: '${rule.name}-quiet', window: 'PT15M', isStateful: false, group: heal.id })
)

// Rules for people have longer windows and notify once, whether or not a promotion has armed the healer.
var calling = map(
  incidents,
  rule =>
    union(rule, {
      name: '${rule.name}-people'
      criteria: map(
        rule.criteria,
        // One dead instance of two gives a mean of 50, which does not call the healer.
        criterion => criterion.metric == 'HealthCheckStatus' ? union(criterion, { threshold: 90 }) : criterion
      )
      window: 'PT15M'
      isStateful: true
      group: call.id
    })
)

var failedRun = {
  name: 'healer-failed'
  description: 'The healer could not heal, or must not. The error of its last run has the reason.'
  severity: 0
  scope: workflow.id
  window: 'PT5M'
  isStateful: true
  group: call.id
  criteria: [
    { metric: 'RunsFailed', namespace: workflowMetrics, aggregation: 'Total', operator: 'GreaterThan', threshold: 0 }
  ]
}

var rules = concat(healing, healingQuiet, calling, [failedRun])

resource alerts 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for rule in rules: {
    name: 'alert-${rule.name}-${siteName}'
    location: 'global'
    tags: tags
    properties: {
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [rule.scope]
      evaluationFrequency: 'PT1M'
      windowSize: rule.window
      // A stateful rule fires once, and resolves after three good checks.
      autoMitigate: rule.isStateful
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          for (criterion, index) in rule.criteria: {
            criterionType: 'StaticThresholdCriterion'
            name: 'criterion-${index}'
            metricNamespace: criterion.namespace
            metricName: criterion.metric
            timeAggregation: criterion.aggregation
            operator: criterion.operator
            threshold: criterion.threshold
            // A custom metric exists only after the agent has sent it, which is after this deployment.
            skipMetricValidation: criterion.namespace == customMetrics
          }
        ]
      }
      actions: [{ actionGroupId: rule.group }]
    }
  }
]

// A metric alert is not evaluated without data, so none of the rules above fires if no telemetry arrives: Application
// Insights is down, the daily cap is reached, or the identity lacks the role. A query alert also counts zero rows. It must
// fail three times in a row, because the rules are deployed before the first package.
resource blind 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'alert-blind-${siteName}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    description: 'No telemetry of production arrives, so the rules on tasks, tools and cost have no data.'
    severity: 1
    enabled: true
    scopes: [productionInsights.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    // The table does not have such rows before the agent runs.
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: 'customMetrics | where name == \'agent.heartbeat\''
          timeAggregation: 'Count'
          operator: 'LessThan'
          threshold: 1
          failingPeriods: { numberOfEvaluationPeriods: 3, minFailingPeriodsToAlert: 3 }
        }
      ]
    }
    actions: { actionGroups: [call.id] }
  }
}
